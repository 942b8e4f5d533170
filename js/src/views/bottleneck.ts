// The bottleneck panel as an anywidget view.

import "../style/panel.css";
import type { BottleneckPayload, WidgetModel } from "../contract";
import { mountBottlenecks } from "../panel";
import { showFailure } from "../shell";

function render({ model, el }: { model: WidgetModel; el: HTMLElement }): () => void {
  try {
    const panel = mountBottlenecks(el, model.get("payload") as BottleneckPayload);
    return () => panel.destroy();
  } catch (error) {
    showFailure(el, error);
    return () => undefined;
  }
}

export default { render };
