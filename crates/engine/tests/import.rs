//! Damaged files of other libraries: any answer but a panic, and no memory that the file does not pay for.

use proptest::prelude::*;
use std::path::Path;
use underglass_engine::application::{FormValue, check_row};
use underglass_engine::features::FeatureVector;
use underglass_engine::import::{Accepts, Import, ImportError, lightgbm, onnx, xgboost};
use underglass_engine::model::Link;
use underglass_engine::seal::Digest;

type Read = fn(&[u8]) -> Result<Import, ImportError>;

fn samples() -> Vec<(Read, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../golden/cases/trees");
    let files: [(Read, &str); 3] = [
        (xgboost::read, "xgb_depth3_missing/model.ubj"),
        (lightgbm::read, "lgb_categorical/model.txt"),
        (onnx::read, "skl_gb/model.onnx"),
    ];
    files.map(|(read, name)| (read, std::fs::read(folder.join(name)).expect(name))).into()
}

#[test]
fn numbers_without_a_single_are_refused_where_the_library_refuses_them() {
    for (read, bytes) in samples() {
        let import = read(&bytes).expect("a model");
        let accepts = import.features[0].accepts;
        let file = import.model_file("sample", Digest::of(&bytes)).expect("a file");
        let value = |number: f64| {
            let checked = check_row(file.schema.inputs(), [FormValue::Number(number)]).ok()?;
            file.schema.features_of(&checked).0[0]
        };
        assert_eq!(value(f64::from(f32::MAX)), Some(f64::from(f32::MAX)));
        // What is beyond every threshold is read as the largest double: trees answer both alike.
        let expected = match accepts {
            Accepts::Singles => [None; 3],
            Accepts::Doubles => [Some(1e39), Some(f64::MAX), Some(f64::MIN)],
        };
        assert_eq!([1e39, f64::INFINITY, f64::NEG_INFINITY].map(value), expected);
    }
}

#[test]
fn a_file_that_ends_early_is_refused() {
    for (read, bytes) in samples() {
        for end in (0..bytes.len()).step_by(131) {
            // Behind the trees a LightGBM file holds what people read.
            let told = String::from_utf8_lossy(&bytes[..end]).contains("\nend of trees");
            assert!(told || read(&bytes[..end]).is_err(), "{end} of {} bytes", bytes.len());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn a_changed_file_never_panics(which in 0_usize..3, changes in prop::collection::vec((any::<u32>(), any::<u8>()), 1..6)) {
        let (read, mut bytes) = samples().swap_remove(which);
        for (at, byte) in changes {
            let at = at as usize % bytes.len();
            bytes[at] = byte;
        }
        let _ = read(&bytes);
    }

    #[test]
    fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "\\PC{0,200}") {
        for read in [xgboost::read, lightgbm::read, onnx::read] as [Read; 3] {
            prop_assert!(read(&bytes).is_err() && read(text.as_bytes()).is_err());
        }
    }
}

/// One tree of XGBoost with a question, as JSON, with parts to change.
fn xgboost_json(objective: &str, base_score: &str, classes: &str, booster: &str) -> String {
    let tree = r#"{"left_children":[1,-1,-1],"right_children":[2,-1,-1],"split_indices":[0,0,0],
        "split_conditions":[0.5,-1.0,2.0],"default_left":[true,false,false],"sum_hessian":[4,3,1],"tree_param":{}}"#;
    format!(
        r#"{{"learner":{{"feature_names":[],"gradient_booster":{{"name":"{booster}","model":{{"trees":[{tree}]}}}},
        "learner_model_param":{{"base_score":{base_score},"num_class":"{classes}","num_feature":"1"}},
        "objective":{{"name":"{objective}"}}}}}}"#
    )
}

#[test]
fn a_base_score_is_a_number_a_text_or_a_vector_of_one() {
    for written in ["0.5", "\"5E-1\"", "\"[5E-1]\""] {
        let import = xgboost::read(xgboost_json("binary:logistic", written, "0", "gbtree").as_bytes()).expect(written);
        assert_eq!(import.calibration.link, Link::Logistic);
        assert_eq!(import.features[0].name, "f0");
        let underglass_engine::model::Ensemble::General(model) = import.ensemble else { panic!("trees") };
        assert_eq!((model.base, model.trees[0].leaves.clone()), (0.0, vec![-1.0, 2.0]));
        assert_eq!(model.cover, Some(vec![vec![3.0, 1.0]]));
    }
}

#[test]
fn what_is_not_supported_is_named() {
    for (objective, base, classes, booster, named) in [
        ("multi:softprob", "0.5", "3", "gbtree", "multi-class objective \"multi:softprob\" with 3 classes"),
        ("rank:ndcg", "0.5", "0", "gbtree", "ranking objective \"rank:ndcg\""),
        ("survival:cox", "0.5", "0", "gbtree", "survival objective"),
        ("count:poisson", "0.5", "0", "gbtree", "count:poisson"),
        ("binary:logistic", "0.5", "0", "gblinear", "linear booster \"gblinear\""),
        ("binary:logistic", "\"[0.5,0.2]\"", "0", "gbtree", "a vector"),
    ] {
        let error = xgboost::read(xgboost_json(objective, base, classes, booster).as_bytes()).expect_err(named);
        assert!(matches!(error, ImportError::Unsupported { .. }), "{error}");
        assert!(error.to_string().contains(named), "{error}");
    }
    let error = xgboost::read(xgboost_json("binary:logistic", "1.5", "0", "gbtree").as_bytes()).expect_err("no chance");
    assert!(error.to_string().contains("probability"), "{error}");
}

/// A field of a protocol buffer: a length and its bytes.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut field = vec![number << 3 | 2];
    let mut left = bytes.len();
    while left > 127 {
        field.push(left as u8 | 128);
        left >>= 7;
    }
    field.push(left as u8);
    field.extend(bytes);
    field
}

fn operator(name: &str, inputs: &[&str], output: &str, attributes: &[Vec<u8>]) -> Vec<u8> {
    let inputs = inputs.iter().flat_map(|input| field(1, input.as_bytes()));
    let mut bytes: Vec<u8> = inputs.chain(field(2, output.as_bytes())).chain(field(4, name.as_bytes())).collect();
    attributes.iter().for_each(|attribute| bytes.extend(field(5, attribute)));
    field(1, &bytes)
}

fn attribute(name: &str, singles: &[f32]) -> Vec<u8> {
    let packed: Vec<u8> = singles.iter().flat_map(|single| single.to_le_bytes()).collect();
    [field(1, name.as_bytes()), field(7, &packed)].concat()
}

/// A regression of two columns, which stand in the graph one by one, behind a scaler and perhaps another step.
fn onnx_regression(steps: &[Vec<u8>]) -> Vec<u8> {
    let column = |name: &str| field(11, &field(1, name.as_bytes()));
    let join = operator("Concat", &["income", "age"], "joined", &[]);
    let scaler =
        operator("Scaler", &["joined"], "scaled", &[attribute("offset", &[2.0]), attribute("scale", &[0.5, 3.0])]);
    let given = [attribute("coefficients", &[4.0, -1.0]), attribute("intercepts", &[0.25])];
    let model = operator("LinearRegressor", &["scaled"], "margin", &given);
    field(7, &[column("income"), column("age"), join, scaler, model, steps.concat()].concat())
}

#[test]
fn columns_one_by_one_name_the_features_of_a_scaled_regression() {
    let import = onnx::read(&onnx_regression(&[])).expect("a regression");
    let names: Vec<&str> = import.features.iter().map(|feature| feature.name.as_str()).collect();
    assert_eq!((names, import.calibration.link), (vec!["income", "age"], Link::Identity));
    let margin = |row: [Option<f64>; 2]| import.ensemble.margin(&FeatureVector(row.into()));
    assert_eq!(margin([Some(10.0), Some(3.0)]), 0.25 + 4.0 * 0.5 * (10.0 - 2.0) - 3.0 * (3.0 - 2.0));
    // What is missing counts as the scaler's mean.
    assert_eq!(margin([None, None]), 0.25);
    let step = operator("Sigmoid", &["margin"], "p", &[]);
    let error = onnx::read(&onnx_regression(&[step])).expect_err("an operator that changes values");
    assert!(error.to_string().contains("\"Sigmoid\""), "{error}");
}

/// A tree that asks whether the only column is at most 0.1, of which the attributes with numbers are given.
fn onnx_tree(numbers: &[Vec<u8>]) -> Vec<u8> {
    let wholes = |name: &str, wholes: &[u8]| [field(1, name.as_bytes()), field(8, wholes)].concat();
    let modes: Vec<u8> = ["BRANCH_LEQ", "LEAF", "LEAF"].iter().flat_map(|mode| field(9, mode.as_bytes())).collect();
    let shape = [
        wholes("nodes_treeids", &[0, 0, 0]),
        wholes("nodes_nodeids", &[0, 1, 2]),
        wholes("nodes_featureids", &[0, 0, 0]),
        wholes("nodes_truenodeids", &[1, 0, 0]),
        wholes("nodes_falsenodeids", &[2, 0, 0]),
        wholes("target_treeids", &[0, 0]),
        wholes("target_nodeids", &[1, 2]),
        wholes("target_ids", &[0, 0]),
        [field(1, b"nodes_modes"), modes].concat(),
    ];
    let model = operator("TreeEnsembleRegressor", &["x"], "margin", &[&shape, numbers].concat());
    field(7, &[field(11, &field(1, b"x")), model].concat())
}

#[test]
fn thresholds_and_leaves_in_double_precision_are_read_as_such() {
    let tensor = |name: &str, raw: bool, doubles: &[f64]| {
        let packed: Vec<u8> = doubles.iter().flat_map(|double| double.to_le_bytes()).collect();
        // The element type of doubles is 11.
        let data = [vec![2 << 3, 11], field(if raw { 9 } else { 10 }, &packed)].concat();
        [field(1, format!("{name}_as_tensor").as_bytes()), field(5, &data)].concat()
    };
    let (next, leaves) = (0.1_f64.next_up(), [1.0 / 3.0, 2.0 / 3.0]);
    let margins = |numbers: &[Vec<u8>]| {
        let import = onnx::read(&onnx_tree(numbers)).expect("a tree");
        [0.1, next].map(|x| import.ensemble.margin(&FeatureVector(vec![Some(x)])))
    };
    for raw in [false, true] {
        let doubles = [tensor("nodes_values", raw, &[0.1, 0.0, 0.0]), tensor("target_weights", raw, &leaves)];
        assert_eq!(margins(&doubles), leaves, "raw: {raw}");
    }
    // In single precision, both values are the threshold.
    let singles =
        [attribute("nodes_values", &[0.1, 0.0, 0.0]), attribute("target_weights", &leaves.map(|leaf| leaf as f32))];
    assert_eq!(margins(&singles), [f64::from(leaves[0] as f32); 2]);
    let short = onnx_tree(&[tensor("nodes_values", true, &[0.1]), tensor("target_weights", true, &leaves)]);
    let error = onnx::read(&short).expect_err("two nodes without a number").to_string();
    assert!(error.contains("nodes_values") && error.contains("1 entries"), "{error}");
}
