// The cache panel as an anywidget view: hands choices to Python, shows what the kernel answers and what the cache does.

import "../style/panel.css";
import { type CachesPanel, mountCaches } from "../caches";
import { type CachePanel, mountCaching } from "../caching";
import type { Columns, WidgetModel } from "../contract";
import { type AdvicePayload, type CachesPayload, isCaches, type LivePayload, type StatePayload } from "../replayed";
import { showFailure } from "../shell";
import { keepWatched } from "../watched";

interface Context {
  model: WidgetModel;
  el: HTMLElement;
}

function hooksOf(model: WidgetModel) {
  return {
    apply: (policy: string, capacity: number) => model.send({ type: "apply", policy, capacity }),
    undo: () => model.send({ type: "undo" }),
    advise: () => model.send({ type: "advise" }),
    pick: (name: string) => model.send({ type: "pick", name }),
  };
}

class CacheView {
  private list: CachesPanel | null = null;
  private panel: CachePanel | null = null;
  readonly events: readonly [string, () => void][];

  constructor(private readonly context: Context) {
    const { model } = context;
    this.events = [
      ["change:advice", () => this.showAdvice()],
      ["change:caches", () => this.list?.setCaches(model.get("caches") as Columns)],
      ["change:live", () => this.panel?.setLive(model.get("live") as LivePayload)],
      ["change:state", () => this.panel?.setState(model.get("state") as StatePayload)],
      ["change:notice", () => this.tell()],
      ["change:n_answers", () => this.answered()],
    ];
    this.open();
  }

  destroy(): void {
    this.panel?.destroy();
    this.list?.destroy();
  }

  private open(): void {
    const { model, el } = this.context;
    const payload = model.get("payload") as AdvicePayload | CachesPayload;
    if (isCaches(payload)) {
      this.list = mountCaches(el, payload, hooksOf(model));
      this.list.setCaches((model.get("caches") as Columns) ?? payload.caches);
    }
    this.showAdvice();
    this.tell();
  }

  /** The advice that Python has sent last, or that the panel began with. */
  private showAdvice(): void {
    const { model, el } = this.context;
    const sent = model.get("advice") as AdvicePayload | Record<string, never>;
    const payload = sent.kind ? (sent as AdvicePayload) : (model.get("payload") as AdvicePayload);
    if (isCaches(payload)) return;
    if (this.list) {
      this.panel = this.list.showAdvice(payload);
    } else {
      this.panel?.destroy();
      this.panel = mountCaching(el, payload, hooksOf(model));
    }
    this.panel.setState((model.get("state") ?? {}) as StatePayload);
    this.panel.setLive((model.get("live") ?? {}) as LivePayload);
  }

  private tell(): void {
    const text = String(this.context.model.get("notice") ?? "");
    (this.panel ?? this.list)?.tell(text);
  }

  private answered(): void {
    this.panel?.answered();
    this.list?.answered();
  }
}

function render(context: Context): () => void {
  const { model, el } = context;
  try {
    const view = new CacheView(context);
    for (const [event, callback] of view.events) model.on(event, callback);
    const stop = keepWatched(el, model);
    return () => {
      stop();
      for (const [event, callback] of view.events) model.off(event, callback);
      view.destroy();
    };
  } catch (error) {
    showFailure(el, error);
    return () => undefined;
  }
}

export default { render };
