// Tells Python now and then that somebody looks, so that it sends what a cache does only while it is seen.

import type { WidgetModel } from "./contract";

export const BEAT_MS = 2000; // Python looks on for three of these

/** Send beats while the element can be seen; one at a time, for a busy kernel answers later. Returns what stops it. */
export function keepWatched(element: Element, model: WidgetModel): () => void {
  let isWaiting = false;
  const beat = () => {
    const isSeen =
      element.isConnected && document.visibilityState !== "hidden" && (element.checkVisibility?.() ?? true);
    if (isWaiting || !isSeen) return;
    isWaiting = true;
    model.send({ type: "watch" });
  };
  const heard = () => {
    isWaiting = false;
  };
  model.on("change:n_beats", heard);
  const timer = setInterval(beat, BEAT_MS);
  beat();
  // At the first beat the element may not stand in the page yet.
  const soon = requestAnimationFrame(beat);
  return () => {
    cancelAnimationFrame(soon);
    clearInterval(timer);
    model.off("change:n_beats", heard);
    model.send({ type: "unwatch" });
  };
}
