// What @simplewebauthn/server says about each response: a line of JSON on standard output for each line on standard input.

import { Buffer } from 'node:buffer';
import { createInterface } from 'node:readline';
import { SettingsService, verifyAuthenticationResponse, verifyRegistrationResponse } from '@simplewebauthn/server';

const bytes = (text) => new Uint8Array(Buffer.from(text, 'base64url'));

function trust(roots) {
  for (const identifier of ['android-key', 'android-safetynet', 'apple', 'fido-u2f', 'packed', 'tpm']) {
    SettingsService.setRootCertificates({ identifier, certificates: roots.map(bytes) });
  }
}

// A response that is no JSON: its server would not get to a judge that is given what was parsed.
class Unreadable extends Error {}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Unreadable(error.message);
  }
}

function judge(line) {
  const common = {
    response: parsed(line.response),
    expectedChallenge: line.challenge,
    expectedOrigin: line.origins,
    expectedRPID: line.rp_id,
    requireUserVerification: line.require_user_verification,
  };
  if (line.ceremony === 'registering') {
    return verifyRegistrationResponse({ ...common, supportedAlgorithmIDs: line.algorithms });
  }
  const { id, public_key, sign_count } = line.record;
  return verifyAuthenticationResponse({ ...common, credential: { id, publicKey: bytes(public_key), counter: sign_count } });
}

// Whether the library threw it, or what the library called; what this program itself throws, or calls wrongly, is a fault of its own.
// The first frame that stands in a file says so: those of Node.js and of JSON have none.
function isRefusal(error) {
  const frame = String(error.stack).split('\n').find((line) => line.includes('file://'));
  return error instanceof Unreadable || frame?.includes('/node_modules/');
}

// Refusals are exceptions, of whatever kind, or `verified: false`.
async function verdict(line) {
  try {
    return (await judge(line)).verified ? 'accepted' : 'refused: not verified';
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return `refused: ${error.name}: ${error.message}`.slice(0, 200);
  }
}

let first = true;
for await (const text of createInterface({ input: process.stdin })) {
  const line = JSON.parse(text);
  if (first) {
    trust(line.roots);
    Date.now = () => line.now * 1000; // Statements of android-safetynet grow old within a minute.
    first = false;
  } else {
    console.log(JSON.stringify({ simplewebauthn: await verdict(line) }));
  }
}
