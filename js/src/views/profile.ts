// The profile panel as an anywidget view: draws what Python sent, tells Python which frames were chosen.

import "../style/panel.css";
import { decodeFlame, type FlameHead, type ProfilePayload, type WidgetModel } from "../contract";
import { mountProfile, type ProfilePanel } from "../panel";
import { showFailure } from "../shell";

interface Context {
  model: WidgetModel;
  el: HTMLElement;
}

/** Trait `window`: the head of the flame graph below one frame, with its own strings. */
type WindowHead = FlameHead & { id: number; strings: string[] };

function mount({ model, el }: Context): ProfilePanel {
  const payload = model.get("payload") as ProfilePayload;
  const data = decodeFlame(model.get("flame_data") as DataView, payload.strings);
  return mountProfile(el, payload, data, {
    select(ids) {
      model.set("selected_ids", ids);
      model.save_changes();
    },
    expand: (id) => model.send({ type: "window", id }),
  });
}

function render({ model, el }: Context): () => void {
  let panel: ProfilePanel | null = null;
  const open = () => {
    panel?.destroy();
    el.replaceChildren();
    try {
      panel = mount({ model, el });
    } catch (error) {
      panel = null;
      showFailure(el, error);
    }
  };
  const openWindow = () => {
    const head = model.get("window") as WindowHead;
    if (head?.n) panel?.showWindow(decodeFlame(model.get("window_data") as DataView, head.strings), head.id);
  };
  const tell = () => panel?.tell(String(model.get("notice") ?? ""));
  const events: [string, () => void][] = [
    ["change:payload", open],
    ["change:window", openWindow],
    ["change:notice", tell],
  ];
  open();
  for (const [event, callback] of events) model.on(event, callback);
  return () => {
    for (const [event, callback] of events) model.off(event, callback);
    panel?.destroy();
  };
}

export default { render };
