//! Who is held out when.

use crate::personal::shown;
use crate::random::{Stream, stream};
use crate::rows::absent;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use std::cmp::Ordering;
use underglass_engine::table::{Fault, FaultCode, Faults, Table};

/// Which rows each fold model learns from, and which model had not seen a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Split {
    /// Model `k` learns from every row but those of fold `k`, and is judged on these. One fold a row, from 0.
    Folds(Vec<u16>),
    /// Model `k` learns from the rows of windows 0 to `k`, and is judged on those of window `k + 1`. One window a row, rising
    /// in time; nobody judges on the first, and the figures of quality come from the last alone.
    Windows(Vec<u16>),
}

impl Split {
    /// Whether a model learns from a row.
    pub fn trains(&self, model: u16, row: usize) -> bool {
        match self {
            Split::Folds(folds) => folds[row] != model,
            Split::Windows(windows) => windows[row] <= model,
        }
    }

    /// The model that is judged on a row.
    pub fn judge(&self, row: usize) -> Option<u16> {
        match self {
            Split::Folds(folds) => Some(folds[row]),
            Split::Windows(windows) => windows[row].checked_sub(1),
        }
    }

    /// The number of models.
    pub fn n_models(&self) -> u16 {
        match self {
            Split::Folds(folds) => folds.iter().max().map_or(0, |last| last + 1),
            Split::Windows(windows) => windows.iter().max().copied().unwrap_or(0),
        }
    }

    /// Rows on which the number of trees is chosen and the calibration is fitted.
    pub fn tuning(&self) -> Vec<usize> {
        let last = self.n_models().saturating_sub(1);
        self.judged().filter(|row| matches!(self, Split::Folds(_)) || self.judge(*row) != Some(last)).collect()
    }

    /// Rows from which the figures of quality come.
    pub fn reported(&self) -> Vec<usize> {
        let last = self.n_models().saturating_sub(1);
        self.judged().filter(|row| matches!(self, Split::Folds(_)) || self.judge(*row) == Some(last)).collect()
    }

    fn judged(&self) -> impl Iterator<Item = usize> {
        let (Split::Folds(of) | Split::Windows(of)) = self;
        (0..of.len()).filter(|row| self.judge(*row).is_some())
    }

    /// Good and bad rows of each fold or window.
    pub fn counts(&self, bad: &[bool]) -> Vec<[u32; 2]> {
        let (Split::Folds(of) | Split::Windows(of)) = self;
        let mut counts = vec![[0, 0]; of.iter().max().map_or(0, |last| usize::from(*last) + 1)];
        of.iter().zip(bad).for_each(|(of, bad)| counts[usize::from(*of)][usize::from(*bad)] += 1);
        counts
    }
}

/// Windows in the order of a column of times: the last holds `held_out_percent` of the rows, the earlier rows are cut into
/// `windows` equal ones. Rows of one time are never parted.
///
/// # Errors
/// [`Faults`] when the column is absent, or for every cell that is no time: a date with or without a time of day, or a
/// number where all are.
pub fn windows(table: &Table, column: &str, windows: u16, held_out_percent: u8) -> Result<Split, Faults> {
    let times = times(table, column)?;
    let mut rows: Vec<usize> = (0..table.n_rows()).collect();
    rows.sort_by(|a, b| times[*a].order(&times[*b]).then(a.cmp(b)));
    let earlier = table.n_rows() * usize::from(100 - held_out_percent.min(100)) / 100;
    let mut of = vec![0; table.n_rows()];
    let mut window = 0;
    for (at, row) in rows.iter().enumerate() {
        let begins = at > 0 && times[rows[at - 1]].order(&times[*row]) != Ordering::Equal;
        // How many windows begin at or before this row; a window without a time of its own stays empty.
        let reached = if at >= earlier { usize::from(windows) } else { at * usize::from(windows) / earlier };
        if begins {
            window = reached as u16;
        }
        of[*row] = window;
    }
    Ok(Split::Windows(of))
}

enum Time<'a> {
    Number(f64),
    Text(&'a str),
}

impl Time<'_> {
    fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Time::Number(a), Time::Number(b)) => a.total_cmp(b),
            (Time::Text(a), Time::Text(b)) => a.cmp(b),
            (Time::Number(_), Time::Text(_)) => Ordering::Less,
            (Time::Text(_), Time::Number(_)) => Ordering::Greater,
        }
    }
}

fn times<'a>(table: &'a Table, name: &str) -> Result<Vec<Time<'a>>, Faults> {
    let column = table.column(name).ok_or_else(|| absent(table, name))?;
    let number = |cell: &str| cell.parse::<f64>().ok().filter(|number| number.is_finite());
    let numbers = table.cells(column).all(|cell| number(cell).is_some());
    let mut faults = Faults::default();
    let mut times = Vec::with_capacity(table.n_rows());
    for (row, cell) in table.cells(column).enumerate() {
        match (number(cell), crate::profile::day(cell)) {
            (Some(number), _) if numbers => times.push(Time::Number(number + 0.0)),
            (_, Some(_)) => times.push(Time::Text(cell)),
            _ => faults.push(Fault {
                code: FaultCode::Cell,
                line: table.line(row),
                record: Some(row + 1),
                column: Some(name.to_owned()),
                found: shown(cell),
                expected: "a date as YYYY-MM-DD, or a number in every row".to_owned(),
            }),
        }
    }
    faults.none()?;
    Ok(times)
}

/// Seeded folds with equal shares of bad outcomes: the rows of each outcome are shuffled and dealt in turn.
pub fn stratified(bad: &[bool], k: u16, seed: u64) -> Vec<u16> {
    let mut rng = stream(seed, Stream::Folds);
    let mut folds = vec![0; bad.len()];
    let mut dealt = 0_u32;
    for outcome in [true, false] {
        let mut rows: Vec<u32> = (0..bad.len() as u32).filter(|row| bad[*row as usize] == outcome).collect();
        shuffle(&mut rows, &mut rng);
        for row in rows {
            folds[row as usize] = (dealt % u32::from(k)) as u16;
            dealt += 1;
        }
    }
    folds
}

/// Fisher and Yates, from the end.
fn shuffle(rows: &mut [u32], rng: &mut ChaCha8Rng) {
    for at in (1..rows.len()).rev() {
        rows.swap(at, rng.random_range(0..=at as u32) as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_follow_time_and_never_part_a_day() {
        // 100 rows on 25 days, four rows a day, in no order.
        let day = |row: usize| format!("2024-01-{:02}", 1 + row * 37 % 25);
        let cells: Vec<String> = (0..100).map(day).collect();
        let table = Table::from_columns(&[("when".to_owned(), cells.clone())]).expect("a table");
        let split = windows(&table, "when", 4, 20).expect("times");
        let Split::Windows(of) = &split else { panic!("windows") };
        let bounds: Vec<(&String, &String, usize)> = (0..=4)
            .filter_map(|window| {
                let days = || (0..100).filter(|row| of[*row] == window).map(|row| &cells[row]);
                Some((days().min()?, days().max()?, days().count()))
            })
            .collect();
        assert_eq!(bounds.iter().map(|(_, _, rows)| *rows).collect::<Vec<_>>(), [20; 5]);
        assert!(bounds.windows(2).all(|pair| pair[0].1 < pair[1].0), "{bounds:?}");
        assert_eq!((split.n_models(), split.tuning().len(), split.reported().len()), (4, 60, 20));
        for (row, window) in of.iter().enumerate() {
            let trained: Vec<u16> = (0..4).filter(|model| split.trains(*model, row)).collect();
            assert_eq!(trained, (*window..4).collect::<Vec<_>>());
            assert!(split.judge(row).is_none_or(|judge| !split.trains(judge, row)));
        }
        let broken = Table::from_csv(b"when,x\n2024-01-01,1\nlater,2\n,3\n").expect("a table");
        assert_eq!(windows(&broken, "when", 4, 20).expect_err("no times").count(), 2);
        assert!(windows(&broken, "x", 2, 34).is_ok());
    }

    #[test]
    fn folds_have_equal_sizes_and_equal_shares_of_bad() {
        let bad: Vec<bool> = (0..1003).map(|i| i % 10 == 3).collect();
        let folds = stratified(&bad, 5, 1);
        for fold in 0..5 {
            let rows: Vec<usize> = (0..1003).filter(|row| folds[*row] == fold).collect();
            let bads = rows.iter().filter(|row| bad[**row]).count();
            assert!((200..=201).contains(&rows.len()) && (20..=21).contains(&bads), "{} {bads}", rows.len());
        }
        assert_eq!(folds, stratified(&bad, 5, 1));
        assert_ne!(folds, stratified(&bad, 5, 2));
    }
}
