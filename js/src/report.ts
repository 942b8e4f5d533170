// The script of an offline report: unpacks the results embedded in the page and puts a live panel in the place of each
// static one. Where that fails the static one stays.

import "./style/panel.css";
import { mountBaseline } from "./baseline";
import { type BottleneckPayload, decodeEmbedded, inflate, type ProfilePayload } from "./contract";
import { h } from "./dom";
import { type BaselineKindPayload, isBaseline, isRegression, type RegressionPayload } from "./measured";
import { mountBottlenecks, mountProfile } from "./panel";
import { mountRegression } from "./regression";

type Payload = ProfilePayload | BottleneckPayload | BaselineKindPayload | RegressionPayload;

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
  } else {
    const profile = payload as ProfilePayload;
    const data = await decodeEmbedded(profile);
    section.append(host);
    mountProfile(host, profile, data, { select: nothing });
  }
  fixed?.remove();
}

async function start(): Promise<void> {
  const results = await embeddedResults();
  for (const section of document.querySelectorAll("section[data-tgl-result]")) {
    const payload = results[Number(section.getAttribute("data-tgl-result"))];
    if (!payload) continue;
    try {
      await bringToLife(section, payload);
    } catch (error) {
      section.querySelector(".tgl-live")?.remove();
      console.error("tailgana_lab: a panel stays static", error);
    }
  }
}

void start();
