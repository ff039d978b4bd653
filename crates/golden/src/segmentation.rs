//! Segments, scales, columns of 0 and 1, and the plane of most variance.

use crate::Report;
use crate::values::{number, numbers, strings};
use ndarray::Array2;
use serde_json::Value;
use underglass_learn::segments::plane::plane;
use underglass_learn::segments::quality::quality;
use underglass_learn::segments::scaling::{First, OneHot, Scaling};
use underglass_learn::segments::{lloyd, segments};

/// Starts after which a good optimiser has the best segments.
const STARTS: u16 = 100;

pub(crate) fn kmeans_scaling_encoding(file: &Value, report: &mut Report) {
    let tolerance = number(&file["tolerance"]["abs"]).unwrap_or(0.0);
    for (index, case) in file["kmeans"].as_array().into_iter().flatten().enumerate() {
        kmeans(&format!("k-means {index}"), case, tolerance, report);
    }
    for (name, case) in file["scalers"].as_object().into_iter().flatten() {
        scaler(name, case, tolerance, report);
    }
    for (name, case) in file["one_hot"].as_object().into_iter().flatten() {
        one_hot(name, case, report);
    }
    principal_components(file, tolerance, report);
}

fn kmeans(name: &str, case: &Value, tolerance: f64, report: &mut Report) {
    let (rows, start, expected) = (matrix(&case["X"]), matrix(&case["init"]), &case["expected"]);
    let weight = case["weight"].as_array().map(|_| numbers(&case["weight"]));
    let found = match lloyd(rows.view(), weight.as_deref(), start) {
        Ok(found) => found,
        Err(error) => return report.failures.push(format!("{name}: {error}")),
    };
    let labels: Vec<f64> = found.labels.iter().map(|label| f64::from(*label)).collect();
    report.list(&format!("{name}: labels"), &labels, &expected["labels"], 0.0);
    let centers = expected["centers"].as_array().map_or(&[][..], Vec::as_slice);
    report.equal(&format!("{name}: centres"), found.centers.nrows() as i64, centers.len() as i64);
    for (center, expected) in found.centers.rows().into_iter().zip(centers) {
        report.list(&format!("{name}: centre"), &center.to_vec(), expected, tolerance);
    }
    let of = |member: &str| number(&expected[member]).unwrap_or(f64::NAN);
    report.number(&format!("{name}: inertia"), found.inertia, of("inertia"), tolerance);
    match quality(rows.view(), &found.labels) {
        Ok(quality) => {
            for (member, found) in [
                ("silhouette_unweighted", quality.silhouette),
                ("davies_bouldin", quality.davies_bouldin),
                ("calinski_harabasz", quality.calinski_harabasz),
            ] {
                report.number(&format!("{name}: {member}"), found, of(member), tolerance);
            }
        }
        Err(error) => report.failures.push(format!("{name}: {error}")),
    }
    let k = case["k"].as_u64().unwrap_or(0) as u16;
    match segments(rows.view(), weight.as_deref(), k, STARTS, 0) {
        Ok(best) => {
            // At most the inertia that the library's best start reached.
            let (found, expected) = (best.inertia, of("best_inertia_of_100_restarts"));
            report.number(&format!("{name}: best inertia"), found.max(expected), expected, 1e-6 * expected);
        }
        Err(error) => report.failures.push(format!("{name}: {error}")),
    }
}

fn scaler(name: &str, case: &Value, tolerance: f64, report: &mut Report) {
    let scaling = match name {
        "MinMaxScaler" => Scaling::MinMax,
        "RobustScaler" => Scaling::Robust,
        _ => Scaling::Standard,
    };
    let (input, output, params) = (matrix(&case["input"]), matrix(&case["output"]), &case["params"]);
    for (index, (column, output)) in input.columns().into_iter().zip(output.columns()).enumerate() {
        let values: Vec<Option<f64>> = column.iter().map(|x| (!x.is_nan()).then_some(*x)).collect();
        let found = scaling.learn(&values);
        let name = format!("{name} column {index}");
        for (x, expected) in column.iter().zip(output) {
            report.number(&name, found.apply(*x), *expected, tolerance);
        }
        let of = |member: &str| params[member].as_array().and_then(|list| number(&list[index])).unwrap_or(f64::NAN);
        let figures = match scaling {
            Scaling::Standard => vec![
                ("mean_", found.center),
                ("scale_", found.scale),
                // Their scale of a constant column is 1, its variance 0.
                ("var_", if of("var_") == 0.0 && found.scale == 1.0 { 0.0 } else { found.scale * found.scale }),
            ],
            // They multiply by `scale_` and add `min_`.
            Scaling::MinMax => {
                vec![("data_min_", found.center), ("scale_", 1.0 / found.scale), ("min_", -found.center / found.scale)]
            }
            Scaling::Robust => vec![("center_", found.center), ("scale_", found.scale)],
        };
        for (member, found) in figures {
            report.number(&format!("{name}: {member}"), found, of(member), tolerance);
        }
    }
}

fn one_hot(name: &str, case: &Value, report: &mut Report) {
    let rows =
        |member: &str| -> Vec<Vec<String>> { case[member].as_array().into_iter().flatten().map(strings).collect() };
    let (fit, new) = (rows("fit"), rows("new"));
    let categories = case["categories"].as_array().map_or(&[][..], Vec::as_slice);
    let first = if name == "drop_first" { First::Dropped } else { First::Kept };
    let learn = |column: usize| OneHot::learn(fit.iter().map(|row| row.get(column).map(String::as_str)), first);
    let encoders: Vec<OneHot> = (0..categories.len()).map(learn).collect();
    for (encoder, expected) in encoders.iter().zip(categories) {
        report.equal(&format!("one-hot {name}: levels"), i64::from(encoder.levels() == strings(expected)), 1);
    }
    let names: Vec<String> = strings(&case["feature_names"]);
    let columns: Vec<String> = encoders.iter().flat_map(|encoder| encoder.columns().to_vec()).collect();
    report.equal(&format!("one-hot {name}: columns"), columns.len() as i64, names.len() as i64);
    for (name, column) in names.iter().zip(&columns) {
        let found = name.split_once('_').map(|(_, level)| level);
        report.equal(&format!("one-hot column {name}"), i64::from(found == Some(column.as_str())), 1);
    }
    for (rows, member) in [(&fit, "fit_output"), (&new, "new_output")] {
        for (row, expected) in rows.iter().zip(case[member].as_array().into_iter().flatten()) {
            let encoded: Vec<f64> =
                encoders.iter().zip(row).flat_map(|(encoder, cell)| encoder.encode(Some(cell))).collect();
            report.list(&format!("one-hot {name}: {member}"), &encoded, expected, 0.0);
        }
    }
}

fn principal_components(file: &Value, tolerance: f64, report: &mut Report) {
    let expected = &file["pca_2d"];
    let input = matrix(&file["scalers"]["StandardScaler"]["input"]);
    let columns: Vec<usize> =
        numbers(&expected["input_columns_of_StandardScaler_input"]).into_iter().map(|column| column as usize).collect();
    let found = match plane(input.select(ndarray::Axis(1), &columns).view()) {
        Ok(found) => found,
        Err(error) => return report.failures.push(format!("principal components: {error}")),
    };
    report.list("variance", &found.variance, &expected["explained_variance"], tolerance);
    report.list("share of variance", &found.share, &expected["explained_variance_ratio"], tolerance);
    for (axis, expected) in
        found.axes.rows().into_iter().zip(expected["components_abs"].as_array().into_iter().flatten())
    {
        let parts: Vec<f64> = axis.iter().map(|part| part.abs()).collect();
        report.list("axis", &parts, expected, tolerance);
    }
}

fn matrix(value: &Value) -> Array2<f64> {
    let rows: Vec<Vec<f64>> = value.as_array().into_iter().flatten().map(numbers).collect();
    let width = rows.first().map_or(0, Vec::len);
    Array2::from_shape_vec((rows.len(), width), rows.concat()).unwrap_or_default()
}
