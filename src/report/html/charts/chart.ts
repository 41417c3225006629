import { formatRate } from '../../format.js'
import { markup, type Html } from '../markup.js'

/** Pixels of the two drawings of every chart: text of a picture that is only scaled down cannot be read on a phone. */
const WIDE = 760
const NARROW = 320

export interface Drawing {
  height: number
  body: Html | readonly Html[]
}

export interface Chart {
  /** Unique within the page. */
  id: string
  title: string
  /** What the picture shows, for those who do not see it. */
  description: string
  /** Draws at this width in pixels. */
  draw: (width: number) => Drawing
}

/** Both drawings of a chart, of which the style sheet shows the one that fits, with its text alternative. */
function renderChart(chart: Chart): Html {
  return markup`${svg(chart, WIDE, 'wide')}${svg(chart, NARROW, 'narrow')}`
}

function svg({ id, title, description, draw }: Chart, width: number, size: 'wide' | 'narrow'): Html {
  const { height, body } = draw(width)
  const name = `${id}-${size}`
  return markup`<svg
    class="${size}"
    viewBox="0 0 ${width} ${height}"
    role="img"
    aria-labelledby="${name}-t ${name}-d"
  >
    <title id="${name}-t">${title}</title>
    <desc id="${name}-d">${description}</desc>
    ${body}
  </svg> `
}

/** A chart with its title and what it shows, for a table that stands beside it. */
export function pictureOf(chart: Chart): Html {
  return markup`<figure>
    <h3>${chart.title}</h3>
    ${renderChart(chart)}
    <figcaption>${chart.description}</figcaption>
  </figure>`
}

/** Figures of a chart as a table, folded away below it. */
export function figure(chart: Chart, table: Html): Html {
  return markup`${pictureOf(chart)}
    <details>
      <summary>${`${chart.title}: the figures as a table`}</summary>
      ${table}
    </details> `
}

/** Pixels that a text takes in 12 pixel letters, with a little to spare. */
export function textWidth(text: string, bold = false): number {
  return text.length * (bold ? 7.6 : 6.7)
}

/** A number beside an axis: no more digits than it takes, thousands apart. */
export function tickText(value: number): string {
  return Math.abs(value) >= 100 ? formatRate(value) : String(Number(value.toPrecision(3)))
}
