//! Every door through which bytes from outside enter the engine. Whatever the bytes are, a door answers or refuses: it
//! never panics, never hangs, and asks for no more memory than the bytes could need.

use underglass_engine::artifact::Model;
use underglass_engine::features::Schema;
use underglass_engine::import;
use underglass_engine::policy::Policy;
use underglass_engine::population::auto;
use underglass_engine::seal;
use underglass_engine::table::Table;

/// A model file. Its digest is made right first: else only the digest would be tried.
pub(crate) fn artifact(bytes: &[u8]) {
    if let Ok(sealed) = seal::seal(bytes) {
        Model::decode(&sealed).ok();
    }
}

/// A policy file, against the schema of the auto book.
pub(crate) fn policy(bytes: &[u8]) {
    let schema = Schema::new(auto::inputs(), auto::features());
    if let (Ok(sealed), Ok(schema)) = (seal::seal(bytes), schema) {
        Policy::decode(&sealed, &schema).ok();
    }
}

/// A CSV file.
pub(crate) fn csv(bytes: &[u8]) {
    Table::from_csv(bytes).ok();
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
