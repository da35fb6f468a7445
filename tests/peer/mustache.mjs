// mustache.js in the place of render_mustache.c: the same lines in and out.
// node mustache.mjs PATH_OF_mustache.mjs
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const { default: Mustache } = await import(pathToFileURL(process.argv[2]).href);

for await (const line of createInterface({ input: process.stdin })) {
  const { template, data, partials } = JSON.parse(line);
  let made = null;
  try {
    made = Mustache.render(template, data, partials);
  } catch {
    // A fault: null, as ours.
  }
  process.stdout.write(JSON.stringify(made) + "\n");
}
