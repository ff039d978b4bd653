//! A sample as bytes, on its way from one worker to another of the same page.
//!
//! Not a file format: it opens with a digest of the frame and of this engine, and is refused by any other.

use super::frame::Frame;
use super::sample::{Deals, NotTheSame, Sample};
use crate::seal::Digest;
use crate::units::Points;

/// Columns of fixed width, one behind the other.
struct Writer(Vec<u8>);

struct Reader<'a>(&'a [u8]);

/// A value of a column.
trait Cell: Copy {
    const WIDTH: usize;
    fn put(self, bytes: &mut Vec<u8>);
    fn take(bytes: &[u8]) -> Option<Self>;
}

macro_rules! cells {
    ($($number:ty),*) => {
        $(impl Cell for $number {
            const WIDTH: usize = size_of::<$number>();
            fn put(self, bytes: &mut Vec<u8>) {
                bytes.extend(self.to_le_bytes());
            }
            fn take(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(<$number>::from_le_bytes)
            }
        })*
    };
}

cells!(u8, u32, u64, i64, f64);

impl Cell for Points {
    const WIDTH: usize = 2;
    fn put(self, bytes: &mut Vec<u8>) {
        bytes.extend(self.value().to_le_bytes());
    }
    fn take(bytes: &[u8]) -> Option<Self> {
        Points::new(i64::from(i16::from_le_bytes(bytes.try_into().ok()?)))
    }
}

impl Cell for Option<bool> {
    const WIDTH: usize = 1;
    fn put(self, bytes: &mut Vec<u8>) {
        bytes.push(self.map_or(2, u8::from));
    }
    fn take(bytes: &[u8]) -> Option<Self> {
        [Some(false), Some(true), None].get(usize::from(*bytes.first()?)).copied()
    }
}

impl Writer {
    fn column<T: Cell>(&mut self, column: &[T]) {
        self.0.reserve(column.len() * T::WIDTH);
        column.iter().for_each(|cell| cell.put(&mut self.0));
    }
}

impl<'a> Reader<'a> {
    fn part(&mut self, length: usize) -> Option<&'a [u8]> {
        let (part, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(part)
    }

    fn one<T: Cell>(&mut self) -> Option<T> {
        T::take(self.part(T::WIDTH)?)
    }

    fn column<T: Cell>(&mut self, n_rows: usize) -> Option<Vec<T>> {
        self.part(n_rows.checked_mul(T::WIDTH)?)?.chunks_exact(T::WIDTH).map(T::take).collect()
    }
}

impl Frame {
    fn digest(&self) -> Digest {
        Digest::of(format!("{self:?}").as_bytes())
    }
}

impl Sample {
    /// The rows, for [`Sample::append_bytes`] of another sample of an equal frame.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer(self.frame.digest().bytes().to_vec());
        writer.column(&[self.n_rows() as u64, self.changed.len() as u64, self.refused]);
        self.asked.write(&mut writer);
        self.changed.write(&mut writer);
        writer.column(&self.changed_by);
        writer.column(&self.first_changed);
        writer.column(&self.unexplained);
        self.codes.iter().for_each(|column| writer.column(column));
        writer.column(&self.bad);
        writer.0
    }

    /// Adds the rows of another sample behind these.
    ///
    /// # Errors
    /// [`NotTheSame`].
    pub fn append_bytes(&mut self, bytes: &[u8]) -> Result<(), NotTheSame> {
        let other = self.read(bytes).ok_or(NotTheSame::Frame)?;
        self.append(other)
    }

    fn read(&self, bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        if reader.part(32)? != self.frame.digest().bytes() {
            return None;
        }
        let [n_rows, n_changed, refused] = [reader.one::<u64>()?, reader.one()?, reader.one()?];
        let (n_rows, n_changed) = (usize::try_from(n_rows).ok()?, usize::try_from(n_changed).ok()?);
        let codes = |reader: &mut Reader<'_>| {
            let of_segment = |segment: &super::Segment| {
                let column: Vec<u8> = reader.column(n_rows)?;
                column.iter().all(|code| usize::from(*code) <= segment.levels.len()).then_some(column)
            };
            self.frame.segments.iter().map(of_segment).collect::<Option<Vec<_>>>()
        };
        let n_thresholds = self.frame.thresholds.len();
        let sample = Self {
            frame: self.frame.clone(),
            asked: Deals::read(&mut reader, n_rows, n_thresholds)?,
            changed: Deals::read(&mut reader, n_changed, n_thresholds)?,
            changed_by: reader.column(n_changed)?,
            first_changed: reader.column(n_rows)?,
            unexplained: reader.column(n_rows)?,
            codes: codes(&mut reader)?,
            bad: reader.column(n_rows)?,
            refused,
        };
        let in_order = sample.first_changed.is_sorted()
            && sample.first_changed.last().is_none_or(|last| *last as usize <= n_changed);
        (in_order && reader.0.is_empty()).then_some(sample)
    }
}

impl Deals {
    fn write(&self, writer: &mut Writer) {
        writer.column(&self.points);
        writer.column(&self.pd);
        writer.column(&self.amount);
        writer.column(&self.expected_loss);
        writer.column(&self.npv);
        writer.column(&self.apr);
        writer.column(&self.fired);
        self.observed.iter().for_each(|column| writer.column(column));
    }

    fn read(reader: &mut Reader<'_>, n: usize, n_thresholds: usize) -> Option<Self> {
        Some(Self {
            points: reader.column(n)?,
            pd: reader.column(n)?,
            amount: reader.column(n)?,
            expected_loss: reader.column(n)?,
            npv: reader.column(n)?,
            apr: reader.column(n)?,
            fired: reader.column(n)?,
            observed: (0..n_thresholds).map(|_| reader.column(n)).collect::<Option<_>>()?,
        })
    }
}
