// Debian's Chromium through playwright-core, or a sentence about what is missing and exit 77.
import { existsSync } from "node:fs";

const CHROMIUM = process.env.KF_CHROMIUM || "/usr/bin/chromium";

export function skip(why) {
    console.log(`SKIP: ${why}`);
    process.exit(77);
}

export async function browse() {
    if (!existsSync(CHROMIUM)) skip(`${CHROMIUM} is not there (tests/install packages.browser)`);
    let playwright;
    try {
        playwright = await import("playwright-core");
    } catch (e) {
        if (e.code !== "ERR_MODULE_NOT_FOUND") throw e;
        skip("playwright-core is not there (npm ci --prefix tests/browser)");
    }
    return playwright.chromium.launch({
        executablePath: CHROMIUM,
        headless: true,
        chromiumSandbox: false,
        args: [
            "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync",
        ],
    });
}
