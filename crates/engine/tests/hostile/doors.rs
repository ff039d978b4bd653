//! Every door through which bytes from outside enter the engine. Whatever the bytes are, a door answers or refuses: it
//! never panics, never hangs, and asks for no more memory than the bytes could need.

use underglass_engine::artifact::Model;
use underglass_engine::features::Schema;
use underglass_engine::import;
use underglass_engine::policy::Policy;
use underglass_engine::population::World;
use underglass_engine::seal;
use underglass_engine::sources::{Sources, intake};
use underglass_engine::table::{Block, Blocks, Kind, Layout, Selection, Table, Values};

/// A model file. Its digest is made right first: else only the digest would be tried.
pub(crate) fn artifact(bytes: &[u8]) {
    if let Ok(sealed) = seal::seal(bytes) {
        Model::decode(&sealed).ok();
    }
}

/// A policy file, against the schema of the auto book.
pub(crate) fn policy(bytes: &[u8]) {
    let schema = Schema::new(World::Auto.inputs(), World::Auto.features());
    if let (Ok(sealed), Ok(schema)) = (seal::seal(bytes), schema) {
        Policy::decode(&sealed, &schema).ok();
    }
}

/// A CSV file, whole, and block by block with its columns wanted as a number, a level or a day.
pub(crate) fn csv(bytes: &[u8]) {
    Table::from_csv(bytes).ok();
    let Ok(layout) = Layout::of(bytes) else { return };
    let kinds = [Kind::Number, Kind::Level(vec!["own".to_owned(), "1".to_owned()]), Kind::Number, Kind::Date];
    let wanted = kinds.into_iter().cycle().enumerate().take(layout.names().len());
    let selection = Selection::new(layout.clone(), wanted.map(|(at, kind)| (Some(at), kind)).collect());
    let (start, end) = (layout.start(), bytes.len().min(1 << 16));
    let Some(rows) = bytes.get(start.bytes as usize..end) else { return };
    let Ok((whole, size)) = layout.whole_records(rows.to_vec(), start, end == bytes.len()) else { return };
    let (mut blocks, mut block, mut n_rows) = (Blocks::new(whole, start), Block::default(), 0);
    while blocks.next_block(&selection, 100, &mut block) {
        n_rows += block.n_rows() as u64;
        for column in &block.columns {
            let n_values = match &column.values {
                Values::Absent => continue,
                Values::Numbers(values) => values.len(),
                Values::Levels(values) => values.len(),
                Values::Dates(values) => values.len(),
            };
            assert_eq!(n_values, block.n_rows());
        }
    }
    assert_eq!(n_rows, size.records);
}

/// A bureau's report, a bank statement, an identity check or a form. What sources fill in is sound.
pub(crate) fn sources(bytes: &[u8]) {
    let none = Sources::default();
    for (world, sources) in [
        (World::Auto, Sources { bureau: Some(bytes), ..none }),
        (World::PointOfSale, Sources { bureau: Some(bytes), ..none }),
        (World::Auto, Sources { bank: Some(bytes), ..none }),
        (World::Personal, Sources { kyc: Some(bytes), ..none }),
    ] {
        if let Ok(found) = intake(&world.inputs(), sources) {
            assert!(found.form.check(&world.inputs()).is_ok(), "{found:?}");
        }
    }
    intake(&World::Auto.inputs(), Sources { form: Some(bytes), ..none }).ok();
}

/// An XGBoost model, JSON or UBJSON.
pub(crate) fn xgboost(bytes: &[u8]) {
    import::xgboost::read(bytes).ok();
}

/// A LightGBM model.
pub(crate) fn lightgbm(bytes: &[u8]) {
    import::lightgbm::read(bytes).ok();
}

/// An ONNX model.
pub(crate) fn onnx(bytes: &[u8]) {
    import::onnx::read(bytes).ok();
}
