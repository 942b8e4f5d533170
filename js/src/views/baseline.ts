// The baseline panel as an anywidget view.

import "../style/panel.css";
import { mountBaseline } from "../baseline";
import type { WidgetModel } from "../contract";
import type { BaselineKindPayload } from "../measured";
import { showFailure } from "../shell";

function render({ model, el }: { model: WidgetModel; el: HTMLElement }): () => void {
  try {
    const panel = mountBaseline(el, model.get("payload") as BaselineKindPayload);
    return () => panel.destroy();
  } catch (error) {
    showFailure(el, error);
    return () => undefined;
  }
}

export default { render };
