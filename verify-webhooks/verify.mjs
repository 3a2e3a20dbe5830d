// Reads lines of JSON: a secret, headers, a body, and whether the signature is valid. Fails unless the library agrees.
import { createInterface } from "node:readline";
import { Webhook } from "standardwebhooks";

let wrong = 0;
let lines = 0;
for await (const line of createInterface({ input: process.stdin })) {
  const { secret, headers, body, valid, what } = JSON.parse(line);
  lines += 1;
  let isValid = true;
  try {
    new Webhook(secret).verify(body, headers);
  } catch {
    isValid = false;
  }
  if (isValid !== valid) {
    wrong += 1;
    console.error(`${what}: ${isValid ? "valid" : "not valid"}`);
  }
}
if (lines === 0) {
  console.error("nothing to verify");
}
process.exit(wrong === 0 && lines > 0 ? 0 : 1);
