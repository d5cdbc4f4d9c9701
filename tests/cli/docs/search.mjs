// Types into the site's search as a person does:  node search.mjs SITE
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { browse } from "../../browser/browse.mjs";

const site = resolve(process.argv[2]);
const url = (path) => pathToFileURL(join(site, path)).href;
let n = 0, failed = 0;
function check(what, have, want) {
    n++;
    if (JSON.stringify(have) === JSON.stringify(want)) return;
    failed++;
    console.log(`FAILED ${what}: wanted ${JSON.stringify(want)}, got ${JSON.stringify(have)}`);
}

const browser = await browse();
const page = await browser.newPage();
const errors = [];
page.on("pageerror", (e) => errors.push(e.message));
page.on("console", (m) => m.type() === "error" && errors.push(m.text()));
const names = () => page.$$eval("#hits span", (l) => l.map((e) => e.textContent));
const search = async (text) => {
    await page.fill("#q", "");
    await page.locator("#q").pressSequentially(text);
};

await page.goto(url("score/interest.html"));
await page.keyboard.press("/");
check("/ gets there", await page.evaluate(() => document.activeElement.id), "q");
await search("vip");
check("the name itself comes first", (await names())[0], "segment vip");
await search("CHRISTMAS card");
check("words of the reason, any case", (await names()).includes("segment vip"), true);
await search("revenue lifecycle");
check("all words count", await names(), ["segment not_sent_yet", "segment vip", "export vip_mail"]);
await search("no such thing");
check("nothing", [await names(), await page.textContent("#said")], [[], "Nothing has these words."]);
await search("vip");
await page.keyboard.press("ArrowDown");
check("arrows walk", await page.evaluate(() => document.activeElement.textContent), "Customers who bought for *much* money");
await page.keyboard.press("ArrowUp");
check("and back", await page.evaluate(() => document.activeElement.id), "q");
await page.keyboard.press("Enter");
await page.waitForURL("**/segment/vip.html");
check("Enter opens the first", await page.textContent("h1"), "Customers who bought for *much* money");
await page.goto(url("index.html"));
await search("login");
await page.keyboard.press("Escape");
check("Escape empties", [await page.inputValue("#q"), await names()], ["", []]);
await search("login");
await page.click("#hits a");
check("links from the first page", await page.textContent("h1"), "Signing in ties this browser to the account");
check("no errors", errors, []);

const bare = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
await bare.goto(url("index.html"));
await bare.click("text=vip_mail");
check("without script: no search, links work", [await bare.locator("#find").isVisible(), await bare.textContent("h1")], [false, "Christmas cards"]);
await browser.close();
console.log(`${n} checks, ${failed} failed`);
process.exit(failed ? 1 : 0);
