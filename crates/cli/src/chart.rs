//! Line charts as SVG whose colours come from the page's style.

use std::fmt::Write as _;
use underglass_engine::html::escape;

/// Size of the drawing in its own units, and its margins; on a screen of 1,440 pixels one unit is about one pixel.
const WIDTH: f64 = 360.0;
const HEIGHT: f64 = 310.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 22.0;
const TOP: f64 = 38.0;
const BOTTOM: f64 = 46.0;
/// Room between the lines of the legend.
const LEGEND_LINE: f64 = 17.0;

/// A chart.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Chart {
    pub(crate) title: String,
    pub(crate) x: Axis,
    pub(crate) y: Axis,
    pub(crate) series: Vec<Series>,
}

/// One axis, with the places of its ticks and their texts.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Axis {
    pub(crate) label: String,
    pub(crate) from: f64,
    pub(crate) to: f64,
    pub(crate) ticks: Vec<(f64, String)>,
}

/// Points in the axes' units, drawn in the order given.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Series {
    pub(crate) name: String,
    pub(crate) mark: Mark,
    pub(crate) points: Vec<(f64, f64)>,
}

/// How a series is drawn.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Mark {
    /// What the chart is about.
    Line,
    /// A second line beside it.
    Second,
    /// What it is compared with: dashed.
    Reference,
    /// Points, each with the ends of its interval.
    Dots(Vec<(f64, f64)>),
}

impl Axis {
    /// From `from` to `to` with `steps` equal steps, ticks as percentages.
    pub(crate) fn percent(label: &str, from: f64, to: f64, steps: u32) -> Self {
        let tick = |index| {
            let at = from + (to - from) * f64::from(index) / f64::from(steps);
            (at, format!("{} %", (1000.0 * at).round() / 10.0))
        };
        Self { label: label.to_owned(), from, to, ticks: (0..=steps).map(tick).collect() }
    }
}

impl Mark {
    fn class(&self) -> &'static str {
        match self {
            Mark::Line => "line",
            Mark::Second => "second",
            Mark::Reference => "reference",
            Mark::Dots(_) => "dots",
        }
    }
}

impl Chart {
    /// The drawing, with its title for those who do not see it.
    pub(crate) fn svg(&self) -> String {
        let legend = LEGEND_LINE * self.series.len() as f64;
        let (height, top) = (HEIGHT + legend, TOP + legend);
        let bottom = height - BOTTOM;
        let x = |value: f64| LEFT + (WIDTH - LEFT - RIGHT) * part(value, &self.x);
        let y = |value: f64| bottom - (bottom - top) * part(value, &self.y);
        let title = escape(&self.title);
        let mut svg = format!(
            "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{title}\">\
             <text class=\"title\" x=\"0\" y=\"15\">{title}</text>"
        );
        for (index, series) in self.series.iter().enumerate() {
            let at = 30.0 + LEGEND_LINE * index as f64;
            let (class, name) = (series.mark.class(), escape(&series.name));
            let swatch = match series.mark {
                Mark::Dots(_) => format!("<circle class=\"{class}\" cx=\"10\" cy=\"{at}\" r=\"3.5\"/>"),
                _ => format!("<path class=\"{class}\" d=\"M0 {at}H20\"/>"),
            };
            write!(svg, "{swatch}<text x=\"27\" y=\"{}\">{name}</text>", at + 4.5).ok();
        }
        for (at, text) in &self.x.ticks {
            let (at, text) = (round(x(*at)), escape(text));
            write!(svg, "<path class=\"grid\" d=\"M{at} {top}V{bottom}\"/>").ok();
            write!(svg, "<text class=\"tick\" x=\"{at}\" y=\"{}\" text-anchor=\"middle\">{text}</text>", bottom + 16.0)
                .ok();
        }
        for (at, text) in &self.y.ticks {
            let (at, text) = (round(y(*at)), escape(text));
            write!(svg, "<path class=\"grid\" d=\"M{LEFT} {at}H{}\"/>", WIDTH - RIGHT).ok();
            write!(
                svg,
                "<text class=\"tick\" x=\"{}\" y=\"{}\" text-anchor=\"end\">{text}</text>",
                LEFT - 6.0,
                at + 4.0
            )
            .ok();
        }
        let (middle, label) = ((LEFT + WIDTH - RIGHT) / 2.0, escape(&self.x.label));
        write!(svg, "<text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">{label}</text>", height - 8.0).ok();
        let (middle, label) = ((top + bottom) / 2.0, escape(&self.y.label));
        write!(svg, "<text transform=\"translate(11 {middle}) rotate(-90)\" text-anchor=\"middle\">{label}</text>")
            .ok();
        for series in &self.series {
            let class = series.mark.class();
            let points = series.points.iter().filter(|(a, b)| a.is_finite() && b.is_finite());
            if let Mark::Dots(ends) = &series.mark {
                for ((at, value), (low, high)) in series.points.iter().zip(ends) {
                    let at = round(x(*at));
                    let (low, value, high) = (round(y(*low)), round(y(*value)), round(y(*high)));
                    write!(svg, "<path class=\"whisker\" d=\"M{at} {low}V{high}\"/>").ok();
                    write!(svg, "<circle class=\"{class}\" cx=\"{at}\" cy=\"{value}\" r=\"3.5\"/>").ok();
                }
            } else {
                let drawn: Vec<String> = points.map(|(a, b)| format!("{} {}", round(x(*a)), round(y(*b)))).collect();
                write!(svg, "<path class=\"{class}\" d=\"M{}\"/>", drawn.join("L")).ok();
            }
        }
        svg.push_str("</svg>");
        svg
    }
}

/// Where a value lies on its axis, from 0 to 1; outside values stay on the frame.
fn part(value: f64, axis: &Axis) -> f64 {
    ((value - axis.from) / (axis.to - axis.from)).clamp(0.0, 1.0)
}

fn round(at: f64) -> f64 {
    (10.0 * at).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frame_is_the_axes() {
        let axis = || Axis::percent("share", 0.0, 1.0, 2);
        assert_eq!(axis().ticks[1], (0.5, "50 %".to_owned()));
        let series = Series { name: "all".to_owned(), mark: Mark::Line, points: vec![(0.0, 0.0), (1.0, 2.0)] };
        let svg = Chart { title: "t".to_owned(), x: axis(), y: axis(), series: vec![series] }.svg();
        // From the lower left corner to the upper right one, although 2 lies above the axis.
        assert!(svg.contains("class=\"line\" d=\"M64 281L338 55\""), "{svg}");
    }
}
