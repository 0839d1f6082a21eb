import type { Exchange, Operation, Services } from '../exchange';
import { xmlResponse } from '../http/response';
import type { XmlElement } from '../http/xml-reader';
import type { XmlNode } from '../http/xml-writer';
import type { BucketAction } from '../policy/actions';
import { parsePolicy } from '../policy/policy-parser';
import { S3Error, invalidArgument, malformedXml, notImplemented } from '../s3-error';
import type { BucketRecord, DefaultRetention } from '../store/records';
import { bucketFor } from './access';
import { readText, readXml } from './xml-body';

/** Changes one bucket record, with the policy checked before the body is looked at. */
async function change(
  exchange: Exchange,
  services: Services,
  action: BucketAction,
  next: (bucket: BucketRecord) => BucketRecord,
): Promise<void> {
  await services.serialiser.run(exchange.bucket, async () => {
    await services.store.updateBucket(next(bucketFor(exchange, services, action)));
  });
}

export const getBucketVersioning: Operation = (exchange, services) => {
  const { versioning } = bucketFor(exchange, services, 's3:GetBucketVersioning');
  return Promise.resolve(
    xmlResponse('VersioningConfiguration', versioning === 'Off' ? [] : [['Status', versioning]]),
  );
};

export const putBucketVersioning: Operation = async (exchange, services) => {
  const root = await readXml(exchange, 'VersioningConfiguration');
  if (root.only('Status', 'MfaDelete').text('MfaDelete') === 'Enabled') throw notImplemented('MFA delete');
  const status = root.text('Status');
  if (status !== 'Enabled' && status !== 'Suspended') throw malformedXml();
  await change(exchange, services, 's3:PutBucketVersioning', (bucket) => {
    if (status === 'Suspended' && bucket.objectLock !== null) {
      throw new S3Error(
        'InvalidBucketState',
        'An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.',
      );
    }
    return { ...bucket, versioning: status };
  });
  return { status: 200 };
};

export const getObjectLockConfiguration: Operation = (exchange, services) => {
  const { objectLock } = bucketFor(exchange, services, 's3:GetBucketObjectLockConfiguration');
  if (objectLock === null) {
    throw new S3Error(
      'ObjectLockConfigurationNotFoundError',
      'Object Lock configuration does not exist for this bucket',
      { details: { BucketName: exchange.bucket } },
    );
  }
  const rule = objectLock.defaultRetention;
  const retention: XmlNode[] =
    rule === null
      ? []
      : [
          ['Mode', rule.mode],
          [rule.unit, rule.count],
        ];
  return Promise.resolve(
    xmlResponse('ObjectLockConfiguration', [
      ['ObjectLockEnabled', 'Enabled'],
      ['Rule', rule === null ? null : [['DefaultRetention', retention]]],
    ]),
  );
};

export const putObjectLockConfiguration: Operation = async (exchange, services) => {
  const root = await readXml(exchange, 'ObjectLockConfiguration');
  if (root.text('ObjectLockEnabled') !== 'Enabled') throw malformedXml();
  const rule = root.only('ObjectLockEnabled', 'Rule').child('Rule')?.only('DefaultRetention');
  const retention = rule?.child('DefaultRetention')?.only('Mode', 'Days', 'Years');
  if (rule !== undefined && retention === undefined) throw malformedXml();
  const defaultRetention = retention === undefined ? null : parseDefaultRetention(retention);
  await change(exchange, services, 's3:PutBucketObjectLockConfiguration', (bucket) => {
    if (bucket.versioning !== 'Enabled') {
      throw new S3Error(
        'InvalidBucketState',
        "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration",
      );
    }
    return { ...bucket, objectLock: { defaultRetention } };
  });
  return { status: 200 };
};

function parseDefaultRetention(element: XmlElement): DefaultRetention {
  const mode = element.text('Mode');
  const days = element.text('Days');
  const years = element.text('Years');
  if ((mode !== 'COMPLIANCE' && mode !== 'GOVERNANCE') || (days === undefined) === (years === undefined)) {
    throw malformedXml();
  }
  const unit = days === undefined ? 'Years' : 'Days';
  const text = days ?? years ?? '';
  const count = Number(text);
  if (!/^-?\d+$/.test(text)) throw malformedXml();
  if (count < 1)
    throw invalidArgument(unit, text, 'Default retention period must be a positive integer value.');
  if (count > (unit === 'Days' ? 36_500 : 100)) {
    throw invalidArgument(unit, text, 'Default retention period too large.');
  }
  return { mode, unit, count };
}

export const getBucketPolicy: Operation = (exchange, services) => {
  const { policy } = bucketFor(exchange, services, 's3:GetBucketPolicy');
  if (policy === null) {
    throw new S3Error('NoSuchBucketPolicy', 'The bucket policy does not exist', {
      details: { BucketName: exchange.bucket },
    });
  }
  return Promise.resolve({ status: 200, headers: { 'content-type': 'application/json' }, body: policy });
};

export const putBucketPolicy: Operation = async (exchange, services) => {
  const policy = await readText(exchange);
  await change(exchange, services, 's3:PutBucketPolicy', (bucket) => {
    parsePolicy(policy, bucket.name);
    return { ...bucket, policy };
  });
  return { status: 204 };
};

export const deleteBucketPolicy: Operation = async (exchange, services) => {
  await change(exchange, services, 's3:DeleteBucketPolicy', (bucket) => ({ ...bucket, policy: null }));
  return { status: 204 };
};
