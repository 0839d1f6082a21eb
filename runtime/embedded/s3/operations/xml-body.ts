import { BodyDigest } from '../integrity/body-digest';
import { readDeclaredIntegrity } from '../integrity/declared';
import { XmlElement } from '../http/xml-reader';
import type { Exchange } from '../exchange';
import { S3Error, malformedXml } from '../s3-error';

/** Far above any request document: 1,000 keys of 1,024 bytes, escaped, stay below it. */
const MAX_DOCUMENT_BYTES = 8 * 1024 * 1024;

/** Reads a small body whole and checks it against its checksums. @throws S3Error as `BodyDigest.finish` does */
export async function readText(exchange: Exchange): Promise<string> {
  const digest = new BodyDigest(readDeclaredIntegrity(exchange.headers));
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of exchange.payload) {
    size += chunk.length;
    if (size > MAX_DOCUMENT_BYTES) throw malformedXml();
    digest.update(chunk);
    chunks.push(chunk);
  }
  digest.finish(exchange.payload.trailers);
  return Buffer.concat(chunks).toString('utf8');
}

/** @throws S3Error MalformedXML, or as `readText` */
export async function readXml(exchange: Exchange, root: string): Promise<XmlElement> {
  return XmlElement.parse(await readText(exchange), root);
}

/** Bulk deletes must say what their body should hash to. */
export function assertBodyIsDigested(exchange: Exchange): void {
  const { md5, checksum } = readDeclaredIntegrity(exchange.headers);
  if (md5 === null && checksum === null) {
    throw new S3Error('InvalidRequest', 'Missing required header for this request: Content-MD5');
  }
}
