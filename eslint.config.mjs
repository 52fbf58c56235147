/* make lint-web */
import { createRequire } from "node:module";

/* eslint is installed below build/. */
const require = createRequire(new URL("build/lint-web/", import.meta.url));
const js = require("@eslint/js");

const names = (list) => Object.fromEntries(list.map((name) => [name, "readonly"]));

export default [
	js.configs.recommended,
	{
		files: ["web/*.js", "tests/web/*.mjs"],
		languageOptions: {
			globals: { onhashchange: "writable", onpagehide: "writable", ...names(["document", "window", "location", "history", "navigator",
				"localStorage", "sessionStorage", "crypto", "WebSocket", "Event",
				"EventTarget", "CustomEvent", "URL", "URLSearchParams", "TextEncoder", "XMLHttpRequest", "btoa", "createImageBitmap", "Node", "fetch",
				"AbortSignal", "matchMedia", "innerWidth", "innerHeight", "visualViewport",
				"requestAnimationFrame", "ResizeObserver", "IntersectionObserver",
				"MutationObserver", "Notification", "getSelection", "console",
				"setTimeout", "clearTimeout", "setInterval", "clearInterval",
				"setImmediate", "confirm", "devicePixelRatio", "addEventListener",
				"performance"]) },
		},
		rules: {
			"eqeqeq": "error",
			"no-console": "error",
			"no-shadow": "error",
			"no-var": "error",
			"prefer-const": "error",
		},
	},
];
