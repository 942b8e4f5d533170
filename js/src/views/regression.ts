// The regression panel as an anywidget view: tells Python which points were chosen, and which part is shown.

import "../style/panel.css";
import type { WidgetModel } from "../contract";
import type { RegressionPayload } from "../measured";
import { mountRegression } from "../regression";
import { showFailure } from "../shell";

function render({ model, el }: { model: WidgetModel; el: HTMLElement }): () => void {
  const tell = (name: string, value: unknown) => {
    model.set(name, value);
    model.save_changes();
  };
  try {
    const panel = mountRegression(el, model.get("payload") as RegressionPayload, {
      select: (ids) => tell("selected_ids", ids),
      brush: (range) => tell("brushed", range ?? []),
    });
    return () => panel.destroy();
  } catch (error) {
    showFailure(el, error);
    return () => undefined;
  }
}

export default { render };
