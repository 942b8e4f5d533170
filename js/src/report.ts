// The script of an offline report: unpacks the results embedded in the page and puts a live panel in the place of each
// static one when it is scrolled to. Where that fails the static one stays.

import "./style/panel.css";
import { mountBaseline } from "./baseline";
import { mountCaches } from "./caches";
import { mountCaching } from "./caching";
import { type BottleneckPayload, decodeEmbedded, inflate, type ProfilePayload } from "./contract";
import { h } from "./dom";
import { type BaselineKindPayload, isBaseline, isRegression, type RegressionPayload } from "./measured";
import { mountBottlenecks, mountProfile } from "./panel";
import { mountRegression } from "./regression";
import { type AdvicePayload, type CachesPayload, isAdvice, isCaches } from "./replayed";

type Payload =
  | ProfilePayload
  | BottleneckPayload
  | BaselineKindPayload
  | RegressionPayload
  | AdvicePayload
  | CachesPayload;

const nothing = () => undefined;

async function embeddedResults(): Promise<Payload[]> {
  const packed = document.getElementById("tgl-data")?.textContent;
  if (!packed) return [];
  const text = new TextDecoder().decode(await inflate(packed));
  return (JSON.parse(text) as { results: Payload[] }).results;
}

async function bringToLife(section: Element, payload: Payload): Promise<void> {
  const host = h("div", { class: "tgl-live" });
  const fixed = section.querySelector(".tgl-static");
  if (payload.kind === "bottleneck") {
    section.append(host);
    mountBottlenecks(host, payload as BottleneckPayload);
  } else if (isBaseline(payload)) {
    section.append(host);
    mountBaseline(host, payload);
  } else if (isRegression(payload)) {
    section.append(host);
    mountRegression(host, payload, { select: nothing, brush: nothing });
  } else if (isAdvice(payload)) {
    section.append(host);
    mountCaching(host, payload, null);
  } else if (isCaches(payload)) {
    section.append(host);
    mountCaches(host, payload, null);
  } else {
    const profile = payload as ProfilePayload;
    const data = await decodeEmbedded(profile);
    section.append(host);
    mountProfile(host, profile, data, { select: nothing });
  }
  fixed?.remove();
}

async function draw(section: Element, payload: Payload): Promise<void> {
  try {
    await bringToLife(section, payload);
  } catch (error) {
    section.querySelector(".tgl-live")?.remove();
    console.error("tailgana_lab: a panel stays static", error);
  }
}

const AHEAD = "600px"; // of what is seen, so that a panel stands before it is reached

/** Draw each section once, when it comes near; all of them where that cannot be told, and before printing. */
function drawWhenNear(waiting: Map<Element, Payload>): void {
  const drawNow = (section: Element) => {
    const payload = waiting.get(section);
    waiting.delete(section);
    if (payload) void draw(section, payload);
  };
  const drawAll = () => {
    for (const section of [...waiting.keys()]) drawNow(section);
  };
  if (typeof IntersectionObserver === "undefined") {
    drawAll();
    return;
  }
  const seen = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        seen.unobserve(target);
        drawNow(target);
      }
    },
    { rootMargin: AHEAD },
  );
  for (const section of waiting.keys()) seen.observe(section);
  addEventListener("beforeprint", drawAll);
}

async function start(): Promise<void> {
  const results = await embeddedResults();
  const waiting = new Map<Element, Payload>();
  for (const section of document.querySelectorAll("section[data-tgl-result]")) {
    const payload = results[Number(section.getAttribute("data-tgl-result"))];
    if (payload) waiting.set(section, payload);
  }
  drawWhenNear(waiting);
}

void start();
