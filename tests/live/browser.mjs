// Plays a person in front of a WebUI's page: steps as JSON on standard input, what was read as JSON on standard output.
//
// Input: {playwright, chromium, url, steps: [[name, ...arguments], ...]}. A selector takes the first visible match, or the
// first at all; files are given by their paths. Output: a list with one entry for each step that reads.
import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";

const PATIENCE = 240_000; // one thread of a busy machine draws the picture

const job = JSON.parse(await text(process.stdin));
const { chromium } = await import(pathToFileURL(`${job.playwright}/index.mjs`));
const browser = await chromium.launch({ executablePath: job.chromium, args: ["--no-sandbox"] });
const page = await browser.newPage({ viewport: { width: 1400, height: 2400 } });
page.setDefaultTimeout(PATIENCE);
const read = [];

/** The value of a control: whether it is ticked, or its text. */
function valueOf(selector) {
    const found = document.querySelector(selector);
    return found.type === "checkbox" ? found.checked : found.value ?? found.textContent;
}

const steps = {
    click: (selector) => page.locator(selector).first().click(),
    press: (selector) => page.locator(selector).first().evaluate((button) => button.click()), // also out of sight
    fill: (selector, value) => page.locator(selector).first().fill(value),
    tick: (selector) => page.locator(selector).first().check(),
    upload: (selector, path) => page.locator(selector).first().setInputFiles(path),
    wait: (selector) => page.locator(selector).first().waitFor({ state: "attached" }),
    /** Until a control has a value, or a text that holds it. */
    until: (selector, value) =>
        page.waitForFunction(
            ([where, wanted]) => {
                const found = document.querySelector(where);
                const seen = found?.type === "checkbox" ? found.checked : found?.value ?? found?.textContent ?? "";
                return typeof wanted === "boolean" ? seen === wanted : seen.includes(wanted);
            },
            [selector, value],
        ),
    read: async (selector) => read.push(await page.evaluate(valueOf, selector)),
    source: async (selector) => read.push(await page.locator(selector).first().evaluate((image) => image.src)),
    pause: (milliseconds) => page.waitForTimeout(milliseconds),
    /** Let a file fall on an element, as from a file manager. */
    drop: async (selector, path) => {
        const bytes = [...(await readFile(path))];
        const given = await page.evaluateHandle((data) => {
            const files = new DataTransfer();
            files.items.add(new File([new Uint8Array(data)], "dropped.png", { type: "image/png" }));
            return files;
        }, bytes);
        await page.locator(selector).first().dispatchEvent("drop", { dataTransfer: given });
    },
};

try {
    await page.goto(job.url);
    for (const [name, ...given] of job.steps) {
        await steps[name](...given).catch((error) => {
            throw new Error(`${name} ${JSON.stringify(given)}: ${error.message}`);
        });
    }
    process.stdout.write(JSON.stringify(read));
} catch (error) {
    if (job.picture) await page.screenshot({ path: job.picture });
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
} finally {
    await browser.close();
}
