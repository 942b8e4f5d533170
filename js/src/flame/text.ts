// Text cut to the room there is, with an ellipsis; widths are measured once.

const ELLIPSIS = "…";
const KEPT = 20_000; // widths remembered; more than a screen can show

export class TextFitter {
  private widths = new Map<string, number>();
  private font = "";

  /** Use this font from now on. */
  setFont(g: CanvasRenderingContext2D, font: string): void {
    g.font = font;
    if (font === this.font && this.widths.size < KEPT) return;
    this.font = font;
    this.widths = new Map();
  }

  width(g: CanvasRenderingContext2D, text: string): number {
    const known = this.widths.get(text);
    if (known !== undefined) return known;
    const width = g.measureText(text).width;
    this.widths.set(text, width);
    return width;
  }

  /** The longest beginning of the text that fits in `room`; empty when not even one letter does. */
  fit(g: CanvasRenderingContext2D, text: string, room: number): string {
    const full = this.width(g, text);
    if (full <= room) return text;
    const letters = [...text];
    let kept = Math.floor((letters.length * (room - this.width(g, ELLIPSIS))) / full);
    while (kept > 0) {
      const cut = letters.slice(0, kept).join("") + ELLIPSIS;
      if (g.measureText(cut).width <= room) return cut;
      kept -= 1;
    }
    return "";
  }
}
