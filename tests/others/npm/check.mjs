// Our statements and checkpoints, checked by npm packages that nobody here wrote.
//
//   tree_probe | node check.mjs REPOSITORY
//
// @auth0/cose verifies the golden statements and every statement of a kept certificate file; it must refuse each of
// them with one bit changed. @sigstore/verify verifies the log's signature on our notes and our inclusion proofs. Its
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
const [notes, proofs] = await checkTree();
assert.ok(golden === 38 && certified > 100 && notes === 6 && proofs === 33, `${golden} ${certified} ${notes} ${proofs}`);
console.log(`agree: ${golden} golden statements, ${certified} of a certificate file, ${notes} notes, ${proofs} inclusion proofs`);
