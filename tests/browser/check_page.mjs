// Opens pages in Debian's Chromium as people do: on a telephone and on a desk, light and dark, by keyboard.
//
//     node check_page.mjs [--shot DIR] FILE.html|DIR...
//
// A folder stands for every page in it. Says what is wrong and exits 1; exits 77 where Chromium or playwright-core is missing.
import { existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { audit, here, overflow, stops, unreachedScrollers } from "./in_page.mjs";
import { browse } from "./browse.mjs";

const WIDTHS = [400, 1400];
const SCHEMES = ["light", "dark"];

// Every page of a folder, in the order of their names.
function pages(path) {
    if (!existsSync(path)) {
        console.error(`${path} is not there`);
        process.exit(1);
    }
    if (!statSync(path).isDirectory()) return [resolve(path)];
    return readdirSync(path, { withFileTypes: true })
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .flatMap((e) => (e.isDirectory() || e.name.endsWith(".html") ? pages(join(path, e.name)) : []));
}

// Anything but files of the page's own folder, or of the folder above it (a site), comes from elsewhere.
function isForeign(url, file) {
    if (url.startsWith("data:")) return false;
    if (!url.startsWith("file:")) return true;
    const path = fileURLToPath(url.split(/[?#]/)[0]);
    return path !== file && !path.startsWith(dirname(dirname(file)) + "/");
}

function listen(page, file, say) {
    page.on("console", (m) => ["error", "warning"].includes(m.type()) && say(`console: ${m.text()}`));
    page.on("pageerror", (e) => say(`script: ${e.message}`));
    page.on("request", (r) => isForeign(r.url(), file) && say(`asks for ${r.url()}`));
    page.on("requestfailed", (r) => say(`cannot load ${r.url()}`));
}

// Where links lead: within the page, or to files that are there.
async function checkLinks(page, file, say) {
    for (const href of await page.$$eval("a[href]", (l) => l.map((a) => a.getAttribute("href")))) {
        const url = new URL(href, pathToFileURL(file));
        if (url.protocol !== "file:") continue;
        const path = fileURLToPath(url.href.split(/[?#]/)[0]);
        if (path === file) {
            const id = decodeURIComponent(url.hash.slice(1));
            if (id && !(await page.evaluate((i) => !!document.getElementById(i), id))) say(`link to #${id}, which is not there`);
        } else if (!existsSync(path)) say(`link to ${href}, which is not there`);
    }
}

// The Tab key from the start of the page to its end: every control is met once and shows that it is.
async function checkKeyboard(page, say) {
    const wanted = await page.evaluate(stops);
    const met = new Set();
    for (let i = 0; i <= wanted.length; i++) {
        await page.keyboard.press("Tab");
        const at = await page.evaluate(here);
        if (!at) break;
        met.add(at.index);
        if (!at.visible) say(`the focus cannot be seen on ${at.what}`);
    }
    for (const s of wanted) if (!met.has(s.index)) say(`the keyboard cannot reach ${s.what}`);
    const closed = await page.$("details:not([open]) > summary");
    if (closed) {
        await closed.focus();
        await page.keyboard.press("Enter");
        if (!(await closed.evaluate((s) => s.parentElement.open))) say("Enter does not open what is folded");
    }
    return wanted.length;
}

async function checkView(page, width, scheme, shot, say) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    if (shot) await page.screenshot({ path: `${shot}-${width}-${scheme}.png`, fullPage: true });
    await page.evaluate(() => document.querySelectorAll("details").forEach((d) => (d.open = true)));
    for (const what of [unreachedScrollers, overflow, audit]) for (const fault of await page.evaluate(what)) say(fault);
    await page.evaluate(() => document.querySelectorAll("details").forEach((d) => (d.open = false)));
}

async function checkFile(browser, file, shot, say) {
    const context = await browser.newContext();
    const page = await context.newPage();
    let where = "", met = 0;
    const tell = (what) => say(`${where}: ${what}`);
    listen(page, file, tell);
    for (const width of WIDTHS) {
        where = `${width} px`;
        await page.setViewportSize({ width, height: 900 });
        await page.goto(pathToFileURL(file).href, { waitUntil: "load" });
        met = Math.max(met, await checkKeyboard(page, tell));
        for (const scheme of SCHEMES) {
            where = `${width} px, ${scheme}`;
            await checkView(page, width, scheme, shot && join(shot, basename(file, ".html")), tell);
        }
    }
    await checkLinks(page, file, tell);
    await context.close();
    return met;
}

async function main() {
    const args = process.argv.slice(2);
    let shot;
    if (args[0] === "--shot") {
        shot = args[1];
        mkdirSync(shot, { recursive: true });
        args.splice(0, 2);
    }
    const files = args.flatMap(pages);
    if (!files.length) {
        console.error("usage: node check_page.mjs [--shot DIR] FILE.html|DIR...");
        process.exit(64);
    }
    const browser = await browse();
    let bad = 0;
    for (const file of files) {
        const said = new Set();
        const met = await checkFile(browser, file, shot, (s) => said.add(s));
        for (const s of said) console.log(`${file}: ${s}`);
        bad += said.size;
        if (!said.size) console.log(`ok ${file}: ${WIDTHS.length * SCHEMES.length} views, ${met} stops of the Tab key`);
    }
    await browser.close();
    console.log(`${files.length} pages, ${bad} faults`);
    process.exit(bad ? 1 : 0);
}

main().catch((e) => {
    console.error(e);
    process.exit(1);
});
