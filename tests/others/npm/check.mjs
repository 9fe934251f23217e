// Our statements, receipts and checkpoints, checked by npm packages that nobody here wrote.
//
//   tree_probe | node check.mjs REPOSITORY
//
// @auth0/cose verifies the golden statements and every statement of a kept certificate file; it must refuse each of
// them with one bit changed. It also verifies the golden COSE Receipts over the root that the path leads to (RFC 9162 section
// 2.1.3.2, in a few lines here), and refuses them over another root. @sigstore/verify verifies the log's signature on our notes and our inclusion proofs. Its
// verifySignedNote (2.x) wants every line of a note to be a signature of the bare text by a known log, so it refuses a
// note with cosignature/v1 lines, which sign "cosignature/v1\ntime ...\n" before the text: shown below, and the reason
// why it is given the text with the log's line alone. Cosignatures are Go's to check (check.go).
import assert from 'node:assert/strict';
import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Sign1 } from '@auth0/cose';
import { decode } from 'cbor-x';
import { importJWK } from 'jose';

const repository = process.argv[2];
const require = createRequire(import.meta.url);
const sigstore = path.dirname(require.resolve('@sigstore/verify'));
const { verifyCheckpoint } = require(path.join(sigstore, 'timestamp', 'checkpoint.js'));
const { verifyMerkleInclusion } = require(path.join(sigstore, 'timestamp', 'merkle.js'));

const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
const jwk = (x) => ({ kty: 'OKP', crv: 'Ed25519', x: Buffer.from(x).toString('base64url') });
// RFC 9679: the SHA-256 of {1: 1, -1: 6, -2: x}.
const thumbprint = (x) => sha256(Buffer.from('a301012006215820', 'hex'), x).toString('hex');

async function checkStatement(bytes, x) {
  const key = await importJWK(jwk(x), 'EdDSA');
  const statement = Sign1.decode(bytes);
  assert.equal(statement.protectedHeaders.get(1), -8);
  assert.equal(Buffer.from(statement.protectedHeaders.get(4)).toString('hex'), thumbprint(x));
  await statement.verify(key);
  const payload = Buffer.from(statement.payload);
  payload[payload.length - 1] ^= 1;
  statement.payload = payload;
  await assert.rejects(() => statement.verify(key), /Signature verification failed/i);
  return statement;
}

async function checkGolden() {
  const folder = path.join(repository, 'tests/ledger/golden');
  // The public half of the seed 00 01 .. 1f, whose golden statements these are (RFC 8032 gives it from the seed).
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.from([...Array(32).keys()])]);
  const own = createPublicKey(createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })).export({ format: 'jwk' });
  const files = readdirSync(folder).filter((name) => name.endsWith('.hex'));
  for (const name of files) {
    await checkStatement(Buffer.from(readFileSync(path.join(folder, name), 'utf8').trim(), 'hex'), Buffer.from(own.x, 'base64url'));
  }
  return files.length;
}

async function checkCertificate() {
  const file = decode(readFileSync(path.join(repository, 'tests/vectors/certificate-1.anta')));
  const field = (map, key) => (map instanceof Map ? map.get(key) : map[key]);
  const statements = [...field(file, 6)[2], ...field(file, 3)].map((proven) => proven[1]);
  const genesis = decode(field(file, 6)[0]);
  const keys = new Map();
  const add = (x) => keys.set(thumbprint(x), x);
  add(genesis.registrar.key);
  for (const bytes of statements) {
    const statement = Sign1.decode(bytes);
    if (statement.protectedHeaders.get(3) === 'application/vnd.anta.party+cbor') decode(statement.payload).keys.forEach(add);
  }
  for (const bytes of statements) {
    const x = keys.get(Buffer.from(Sign1.decode(bytes).protectedHeaders.get(4)).toString('hex'));
    assert.ok(x, 'a statement by a key that no party statement names');
    await checkStatement(bytes, x);
  }
  return statements.length;
}

// RFC 9162 section 2.1.3.2.
function rootFrom(leaf, index, size, hashes) {
  let [node, last, root] = [index, size - 1, leaf];
  for (const sibling of hashes) {
    assert.notEqual(last, 0, 'the path is too long');
    if (node % 2 === 1 || node === last) {
      root = sha256(Buffer.from([1]), sibling, root);
      while (node % 2 === 0 && node !== 0) [node, last] = [node >> 1, last >> 1];
    } else {
      root = sha256(Buffer.from([1]), root, sibling);
    }
    [node, last] = [node >> 1, last >> 1];
  }
  assert.equal(last, 0, 'the path is too short');
  return root;
}

// RFC 9942: a COSE_Sign1 over the root, which is detached.
async function checkReceipt(bytes, x, entry) {
  const receipt = Sign1.decode(bytes);
  assert.equal(receipt.protectedHeaders.get(395), 1);
  assert.equal(Buffer.from(receipt.protectedHeaders.get(4)).toString('hex'), thumbprint(x));
  assert.equal(receipt.payload, null, 'the payload is detached');
  const proofs = receipt.unprotectedHeaders.get(396);
  const [proof] = proofs instanceof Map ? proofs.get(-1) : proofs[-1];
  const [size, index, hashes] = decode(proof);
  const key = await importJWK(jwk(x), 'EdDSA');
  receipt.payload = rootFrom(sha256(Buffer.from([0]), entry), index, size, hashes);
  await receipt.verify(key);
  receipt.payload = sha256('another root');
  await assert.rejects(() => receipt.verify(key), /Signature verification failed/i);
}

async function checkReceipts() {
  const lines = readFileSync(path.join(repository, 'tests/vectors/cose-receipts.txt'), 'utf8').trim().split('\n').map((line) => line.split(' '));
  const field = (map, key) => (map instanceof Map ? map.get(key) : map[key]);
  const x = Buffer.from(field(decode(Buffer.from(lines[0][1], 'hex')), -2));
  let receipts = 0;
  for (const [word, , leaf, hex] of lines) {
    if (word !== 'receipt') continue;
    await checkReceipt(Buffer.from(hex, 'hex'), x, sha256(`leaf ${leaf}`));
    receipts += 1;
  }
  const transparent = Sign1.decode(Buffer.from(lines.at(-1)[1], 'hex'));
  assert.equal(transparent.unprotectedHeaders.get(394).length, 2);
  const own = createPublicKey(createPrivateKey({
    key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, 3)]), format: 'der', type: 'pkcs8',
  })).export({ format: 'jwk' });
  await transparent.verify(await importJWK(own, 'EdDSA'));  // receipts are outside the statement's signature
  return receipts;
}

// sigstore's shapes: a log's key id is the note's hint here, and an entry carries its own proof.
async function checkTree() {
  let lines = '';
  for await (const chunk of process.stdin) lines += chunk;
  const log = {};
  const notes = new Map();
  let proofs = 0;
  for (const line of lines.split('\n')) {
    const [word, ...rest] = line.split(' ');
    if (word === 'log') {
      const [, hint, key] = rest[0].split('+');
      log.logID = Buffer.from(hint, 'hex');
      log.publicKey = createPublicKey({ key: jwk(Buffer.from(key, 'base64').subarray(1)), format: 'jwk' });
      log.validFor = { start: new Date(0), end: new Date(8.64e15) };
    } else if (word === 'size') {
      notes.set(rest[0], { root: Buffer.from(rest[1], 'hex'), note: Buffer.from(rest[2], 'hex').toString('utf8') });
    } else if (word === 'inclusion') {
      checkInclusion(rest, notes.get(rest[0]));
      proofs += 1;
    }
  }
  for (const [, { root, note }] of notes) checkNote(log, root, note);
  return [notes.size, proofs];
}

function checkNote(log, rootHash, note) {
  const entry = (envelope, root) => ({ integratedTime: '1800000000', inclusionProof: { checkpoint: { envelope }, rootHash: root } });
  assert.throws(() => verifyCheckpoint(entry(note, rootHash), [log]), /invalid checkpoint signature/);
  const [text, lines] = note.split('\n\n');
  const alone = `${text}\n\n${lines.split('\n')[0]}\n`;
  verifyCheckpoint(entry(alone, rootHash), [log]);
  assert.throws(() => verifyCheckpoint(entry(alone, sha256('another root')), [log]), /root hash mismatch/);
  const grown = alone.replace(/\n(\d+)\n/, '\n1$1\n');
  assert.notEqual(grown, alone);
  assert.throws(() => verifyCheckpoint(entry(grown, rootHash), [log]), /invalid checkpoint signature/);
}

function checkInclusion([size, leaf, ...hashes], { root }) {
  const entry = (canonicalizedBody, index) => ({
    canonicalizedBody,
    inclusionProof: { logIndex: index, treeSize: size, rootHash: root, hashes: hashes.filter(Boolean).map((hash) => Buffer.from(hash, 'hex')) },
  });
  verifyMerkleInclusion(entry(sha256(`leaf ${leaf}`), leaf));
  assert.throws(() => verifyMerkleInclusion(entry(sha256('another leaf'), leaf)));
  assert.throws(() => verifyMerkleInclusion(entry(sha256(`leaf ${leaf}`), size)), /invalid index/);
}

const golden = await checkGolden();
const certified = await checkCertificate();
const receipts = await checkReceipts();
const [notes, proofs] = await checkTree();
assert.ok(golden === 38 && certified > 100 && receipts === 12 && notes === 6 && proofs === 33, `${golden} ${certified} ${receipts} ${notes} ${proofs}`);
console.log(`agree: ${golden} golden statements, ${certified} of a certificate file, ${receipts} receipts, ${notes} notes, ${proofs} inclusion proofs`);
