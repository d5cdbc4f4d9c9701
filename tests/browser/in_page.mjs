// What is looked at from inside a page. Each function is sent to the browser as text: it can use nothing outside itself.

// What can be stopped at, in the order of the document.
export function stops() {
    const all = [...document.querySelectorAll("a[href], summary, button, input, select, textarea, [tabindex='0']")];
    window.kfStops = all;
    return all.map((e, index) => ({ index, e }))
        .filter(({ e }) => e.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true }) && !e.disabled)
        .map(({ e, index }) => ({ index, what: `<${e.localName}> "${(e.getAttribute("aria-label") || e.textContent).trim().slice(0, 40)}"` }));
}

// Where the focus is, and can it be seen? null: nowhere.
export function here() {
    const e = document.activeElement;
    if (!e || e === document.body) return null;
    const style = getComputedStyle(e), box = e.getBoundingClientRect();
    const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    return {
        index: (window.kfStops || []).indexOf(e),
        what: `<${e.localName}> "${e.textContent.trim().slice(0, 40)}"`,
        visible: ring && box.width > 0 && box.right > 0 && box.left < innerWidth,
    };
}

// What scrolls sideways without the keyboard getting there.
export function unreachedScrollers() {
    return [...document.querySelectorAll("body *")]
        .filter((e) => ["auto", "scroll"].includes(getComputedStyle(e).overflowX) && e.scrollWidth > e.clientWidth + 1)
        .filter((e) => e.checkVisibility() && e.tabIndex < 0 && !e.querySelector("a[href], button, input, [tabindex='0']"))
        .map((e) => `the keyboard cannot scroll <${e.localName} class="${e.className}">`);
}

// What makes the page itself wider than the window.
export function overflow() {
    const root = document.documentElement;
    if (root.scrollWidth <= root.clientWidth) return [];
    const wide = [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > root.clientWidth + 1 && !e.closest(".scroll, pre, svg"));
    const what = wide.length ? `: <${wide[0].localName} class="${wide[0].className}"> "${wide[0].textContent.trim().slice(0, 40)}"` : "";
    return [`the page is ${root.scrollWidth} px wide${what}`];
}

// Structure, names, colours.
export function audit() {
    const out = [];
    const all = (q) => [...document.querySelectorAll(q)];
    const snippet = (e) => `<${e.localName}> "${(e.textContent || "").trim().slice(0, 40)}"`;

    function structure() {
        if (!document.documentElement.lang) out.push("no language");
        if (!document.title.trim()) out.push("no title");
        if (all("h1").length !== 1) out.push(`${all("h1").length} h1`);
        if (all("main").length !== 1) out.push(`${all("main").length} main`);
        let level = 0;
        for (const h of all("h1, h2, h3, h4, h5, h6")) {
            const now = Number(h.localName[1]);
            if (now > level + 1) out.push(`${snippet(h)} comes behind h${level}`);
            level = now;
        }
        const seen = new Set();
        for (const e of all("[id]")) {
            if (seen.has(e.id)) out.push(`two elements have the id ${e.id}`);
            seen.add(e.id);
        }
        for (const a of ["aria-labelledby", "aria-describedby", "aria-controls"])
            for (const e of all(`[${a}]`)) if (!document.getElementById(e.getAttribute(a))) out.push(`${snippet(e)} names ${e.getAttribute(a)}, which is not there`);
    }

    function names() {
        for (const t of all("table")) {
            if (!t.querySelector("thead th[scope=col]")) out.push(`a table without headed columns: ${snippet(t)}`);
            for (const r of t.querySelectorAll("tbody tr")) if (!r.querySelector("th[scope=row]")) { out.push(`a row without a heading: ${snippet(r)}`); break; }
        }
        for (const s of all("svg")) {
            if (s.closest("[aria-hidden=true]")) continue;
            const named = s.getAttribute("aria-label") || s.querySelector("title");
            if (s.getAttribute("role") !== "img" || !named) out.push("a picture without a text");
        }
        for (const e of all("[role=region]")) if (!e.getAttribute("aria-label") && !e.getAttribute("aria-labelledby")) out.push("a region without a name");
        for (const e of all("a[href], button")) if (!(e.getAttribute("aria-label") || e.textContent).trim()) out.push(`a ${e.localName} without a text`);
        for (const e of all("input")) if (!e.labels.length && !e.getAttribute("aria-label")) out.push("a field without a label");
    }

    function parse(c) {
        const m = c.match(/[\d.]+/g).map(Number);
        return { r: m[0], g: m[1], b: m[2], a: m.length > 3 ? m[3] : 1 };
    }
    function over(top, under) {
        const mix = (k) => top[k] * top.a + under[k] * (1 - top.a);
        return { r: mix("r"), g: mix("g"), b: mix("b"), a: 1 };
    }
    function ground(e) {
        const layers = [];
        for (let at = e; at; at = at.parentElement) layers.push(parse(getComputedStyle(at).backgroundColor));
        const dark = matchMedia("(prefers-color-scheme: dark)").matches;
        return layers.reverse().reduce((under, l) => over(l, under), dark ? { r: 18, g: 18, b: 18, a: 1 } : { r: 255, g: 255, b: 255, a: 1 });
    }
    // WCAG 2.2, relative luminance and contrast ratio
    function light(c) {
        const part = (v) => ((v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * part(c.r) + 0.7152 * part(c.g) + 0.0722 * part(c.b);
    }
    function colours() {
        const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        const said = new Set();
        while (walk.nextNode()) {
            const e = walk.currentNode.parentElement;
            if (!walk.currentNode.data.trim() || ["SCRIPT", "STYLE"].includes(e.tagName) || !e.checkVisibility()) continue;
            const style = getComputedStyle(e), size = parseFloat(style.fontSize);
            const under = ground(e), ink = over(parse(e.closest("svg") ? style.fill : style.color), under);
            const a = light(ink), b = light(under), ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
            const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 600);
            const key = `${style.color} ${under.r} ${under.g} ${under.b}`;
            if (ratio < (large ? 3 : 4.5) && !said.has(key)) {
                said.add(key);
                out.push(`contrast ${ratio.toFixed(2)}: ${snippet(e)}`);
            }
            if (!e.closest("svg") && size < 11) out.push(`letters of ${size} px: ${snippet(e)}`);
        }
    }

    structure();
    names();
    colours();
    return out;
}
