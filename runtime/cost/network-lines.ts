import { taskHours } from './compute-lines';
import type { Bill, CostLine } from './line';
import { amount, priced } from './line';
import { HOURS_PER_YEAR } from './units';

/** ecr.api, ecr.dkr, logs and secretsmanager; KMS is asked by S3, not by the task. */
const INTERFACE_ENDPOINTS = 4;
const MEGABYTES_PER_GB = 1_024;

/** What the tasks need to reach AWS; nothing when none runs. */
export function networkLines(bill: Bill): CostLine[] {
  if (taskHours(bill.work) === 0) return [];
  switch (bill.settings.network) {
    case 'existing':
      return existingLines(bill);
    case 'public-ip':
      return publicAddressLines(bill);
    case 'nat':
      return natLines(bill);
    case 'interface-endpoints':
      return endpointLines(bill);
  }
}

/** Images that are pulled through NAT, which is there already or one of their own. */
function pulledGb({ settings, work }: Bill): number {
  return settings.s3GatewayEndpoint ? 0 : (work.taskStarts * settings.imageMegabytes) / MEGABYTES_PER_GB;
}

function pullFormula({ settings, work }: Bill): string {
  return `${amount(work.taskStarts)} starts of a task, each pulls an image of ${amount(settings.imageMegabytes)} MB`;
}

/** What is there already costs nothing more, save for the bytes that NAT now carries. */
function existingLines(bill: Bill): CostLine[] {
  const pulled = pulledGb(bill);
  if (pulled === 0) return [];
  return [
    priced(bill.prices, 'natGatewayGb', {
      id: 'network.images',
      title: 'images through NAT',
      quantity: pulled,
      formula: pullFormula(bill),
    }),
  ];
}

function publicAddressLines({ work, prices }: Bill): CostLine[] {
  const hours = taskHours(work);
  return [
    priced(prices, 'publicIpv4Hour', {
      id: 'network.addresses',
      title: 'public IPv4 addresses',
      quantity: hours,
      formula: `one for each of ${amount(hours)} hours of tasks`,
    }),
  ];
}

function natLines(bill: Bill): CostLine[] {
  const { settings, work, prices } = bill;
  const { availabilityZones, s3GatewayEndpoint } = settings;
  const images = s3GatewayEndpoint
    ? 'the layers of images take the gateway endpoint for S3'
    : pullFormula(bill);
  return [
    priced(prices, 'natGatewayHour', {
      id: 'network.natGateways',
      title: 'NAT gateways',
      quantity: availabilityZones * HOURS_PER_YEAR,
      formula: `one in each of ${amount(availabilityZones)} zones`,
    }),
    priced(prices, 'natGatewayGb', {
      id: 'network.natTraffic',
      title: 'traffic through NAT',
      quantity: work.logGb + pulledGb(bill),
      formula: `log lines; ${images}`,
    }),
  ];
}

function endpointLines({ settings, work, prices }: Bill): CostLine[] {
  const { availabilityZones } = settings;
  return [
    priced(prices, 'interfaceEndpointHour', {
      id: 'network.endpoints',
      title: 'interface endpoints',
      quantity: INTERFACE_ENDPOINTS * availabilityZones * HOURS_PER_YEAR,
      formula: `${INTERFACE_ENDPOINTS} endpoints in each of ${amount(availabilityZones)} zones; the one for S3 is free`,
    }),
    priced(prices, 'interfaceEndpointGb', {
      id: 'network.endpointTraffic',
      title: 'traffic through endpoints',
      quantity: work.logGb,
      formula: 'log lines; the layers of images take the gateway endpoint for S3',
    }),
  ];
}
