// Every page of bad/ is complained about with the words of its first line, and every good one passes: the check can fail.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const names = readdirSync(join(here, "bad")).sort();
const run = spawnSync(process.execPath, [join(here, "check_page.mjs"), join(here, "bad")], { encoding: "utf8", maxBuffer: 1 << 24 });
if (run.status === 77) {
    process.stdout.write(run.stdout);
    process.exit(77);
}
let bad = 0;
for (const name of names) {
    const wanted = readFileSync(join(here, "bad", name), "utf8").match(/^<!-- (.*) -->/)[1];
    const said = run.stdout.split("\n").filter((l) => l.startsWith(join(here, "bad", name) + ": "));
    if (said.some((l) => l.includes(wanted))) continue;
    bad++;
    console.log(`${name}: wanted "${wanted}", got\n${said.join("\n")}`);
}
if (run.status !== 1 || names.length < 20) bad++;
console.log(`${names.length} bad pages, ${bad} not noticed`);
process.exit(bad ? 1 : 0);
