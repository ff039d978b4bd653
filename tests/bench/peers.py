"""The tools that people use today, measured on the same rows as Underglass.

  peers.py make OUT     writes rows, a peer's model in its own and in ONNX format, and a CSV file
  peers.py serve OUT    reads one measurement a line from standard input, answers {"cpu": seconds, "rows": n, ...}

One thread each; processor seconds of this process.
"""
import json
import os
import sys
import time
from pathlib import Path

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
import numpy as np

TRAIN, TEST, COLUMNS, TREES, DEPTH, RATE = 200_000, 100_000, 20, 500, 6, 0.05
CATEGORIES = {16: 5, 17: 12, 18: 50, 19: 3}
NAMES = [f"x{column:02}" for column in range(COLUMNS)]


def world(rows, seed):
    """Made-up credit rows: 16 numbers of several shapes, 4 coded categories, gaps in 5 columns, a curved truth."""
    draw = np.random.default_rng(seed)
    x = np.empty((rows, COLUMNS))
    for column in range(16):
        shape = column % 4
        if shape == 0:
            x[:, column] = np.exp(draw.normal(8 + column / 8, 0.6, rows)).round(2)
        elif shape == 1:
            x[:, column] = draw.normal(690, 50, rows).round()
        elif shape == 2:
            x[:, column] = draw.gamma(3, 6, rows).round(1)
        else:
            x[:, column] = draw.poisson(1 + column / 4, rows)
    for column, levels in CATEGORIES.items():
        x[:, column] = draw.integers(0, levels, rows)
    scaled = (x - x.mean(0)) / x.std(0)
    weights = np.random.default_rng(7).normal(0, 0.45, COLUMNS)
    levels = np.random.default_rng(8).normal(0, 0.3, 64)
    z = scaled[:, :16] @ weights[:16] + levels[x[:, 17].astype(int)] + levels[x[:, 18].astype(int)] - 1.6
    z += 0.5 * (scaled[:, 0] > 1) * (scaled[:, 2] > 0) - 0.25 * np.abs(scaled[:, 1]) + 0.2 * scaled[:, 3] * scaled[:, 5]
    y = (draw.random(rows) < 1 / (1 + np.exp(-z))).astype(np.uint8)
    for column in (0, 3, 6, 9, 12):
        x[draw.random(rows) < 0.04, column] = np.nan
    return x.astype(np.float32), y


def train_xgboost(x, y):
    import xgboost

    settings = {"objective": "binary:logistic", "max_depth": DEPTH, "eta": RATE, "tree_method": "hist", "max_bin": 256,
                "nthread": 1, "min_child_weight": 5}
    return xgboost.train(settings, xgboost.DMatrix(x, y), TREES)


def train_lightgbm(x, y):
    import lightgbm

    settings = {"objective": "binary", "num_leaves": 2**DEPTH, "max_depth": DEPTH, "learning_rate": RATE, "max_bin": 255,
                "num_threads": 1, "verbose": -1, "min_sum_hessian_in_leaf": 5, "min_data_in_leaf": 1}
    return lightgbm.train(settings, lightgbm.Dataset(x, y), TREES)


def train_catboost(x, y):
    import catboost

    model = catboost.CatBoostClassifier(iterations=TREES, depth=DEPTH, learning_rate=0.1, border_count=254, thread_count=1,
                                        verbose=0, allow_writing_files=False)
    return model.fit(x, y)


def onnx_of(booster):
    """The trees of an XGBoost model as an ONNX regressor of margins with a sigmoid behind it."""
    from onnx import TensorProto, helper

    learner = json.loads(booster.save_raw("json"))["learner"]
    base = float(learner["learner_model_param"]["base_score"].strip("[]"))
    node = {name: [] for name in ("treeids", "nodeids", "featureids", "modes", "values", "truenodeids", "falsenodeids",
                                  "missing_value_tracks_true")}
    target = {name: [] for name in ("treeids", "nodeids", "ids", "weights")}
    for number, tree in enumerate(learner["gradient_booster"]["model"]["trees"]):
        nodes = zip(tree["left_children"], tree["right_children"], tree["split_indices"], tree["split_conditions"],
                    tree["default_left"])
        for index, (left, right, feature, value, default_left) in enumerate(nodes):
            leaf = left < 0
            entry = (number, index, feature, "LEAF" if leaf else "BRANCH_LT", value, max(left, 0), max(right, 0), default_left)
            for values, one in zip(node.values(), entry):
                values.append(one)
            if leaf:
                for values, one in zip(target.values(), (number, index, 0, value)):
                    values.append(one)
    attributes = {f"nodes_{name}": values for name, values in node.items()}
    attributes |= {f"target_{name}": values for name, values in target.items()}
    attributes["nodes_values"] = [float(value) for value in attributes["nodes_values"]]
    trees = helper.make_node("TreeEnsembleRegressor", ["rows"], ["margin"], domain="ai.onnx.ml", n_targets=1,
                             base_values=[float(np.log(base / (1 - base)))], **attributes)
    sigmoid = helper.make_node("Sigmoid", ["margin"], ["probability"])
    rows = helper.make_tensor_value_info("rows", TensorProto.FLOAT, [None, COLUMNS])
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, 1]) for name in ("margin", "probability")]
    graph = helper.make_graph([trees, sigmoid], "trees", [rows], outputs)
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString()


def write_csv(path, x, y):
    cells = x.astype("U16")
    cells[np.isnan(x)] = ""
    with open(path, "w") as file:
        file.write(",".join([*NAMES, "bad"]) + "\n")
        file.writelines(",".join(row) + f",{bad}\n" for row, bad in zip(cells, y))


def make(out):
    out.mkdir(parents=True, exist_ok=True)
    for name, rows, seed in (("train", TRAIN, 1), ("test", TEST, 2)):
        x, y = world(rows, seed)
        x.tofile(out / f"{name}_X.f32")
        y.tofile(out / f"{name}_y.u8")
        write_csv(out / f"{name}.csv", x, y)
    x, y = rows_of(out, "train")
    booster = train_xgboost(x, y)
    booster.feature_names = NAMES
    booster.save_model(out / "xgboost.json")
    (out / "xgboost.onnx").write_bytes(onnx_of(booster))
    test, _ = rows_of(out, "test")
    booster.feature_names = None
    booster.inplace_predict(test[:20_000], predict_type="margin").astype(np.float32).tofile(out / "margins.f32")
    train_catboost(x, y).save_model(str(out / "catboost.cbm"))


def rows_of(out, name):
    x = np.fromfile(out / f"{name}_X.f32", "<f4").reshape(-1, COLUMNS)
    return x, np.fromfile(out / f"{name}_y.u8", np.uint8)


class Peers:
    def __init__(self, out):
        self.out = out
        self.train, self.outcomes = rows_of(out, "train")
        self.test, self.truth = rows_of(out, "test")

    def timed(self, rows, run):
        before = time.process_time()
        result = run()
        return {"cpu": time.process_time() - before, "rows": rows}, result

    def booster(self):
        import xgboost

        model = xgboost.Booster({"nthread": 1})
        model.load_model(self.out / "xgboost.json")
        model.feature_names = None
        return model

    def catboost_score(self):
        import catboost

        model = catboost.CatBoostClassifier().load_model(str(self.out / "catboost.cbm"))
        pool = catboost.Pool(self.test)
        return self.timed(TEST, lambda: model.predict(pool, prediction_type="RawFormulaVal", thread_count=1))[0]

    def xgboost_score(self):
        model = self.booster()
        return self.timed(TEST, lambda: model.inplace_predict(self.test, predict_type="margin"))[0]

    def xgboost_shap(self):
        import xgboost

        model, rows = self.booster(), xgboost.DMatrix(self.test[:500], nthread=1)
        return self.timed(500, lambda: model.predict(rows, pred_contribs=True))[0]

    def shap_interventional(self):
        import shap

        explainer = shap.TreeExplainer(self.booster(), self.train[:100], feature_perturbation="interventional")
        return self.timed(100, lambda: explainer.shap_values(self.test[:100]))[0]

    def xgboost_fit(self):
        import xgboost

        seconds, model = self.timed(TRAIN, lambda: train_xgboost(self.train, self.outcomes))
        return seconds | {"auc": self.auc(model.predict(xgboost.DMatrix(self.test)))}

    def lightgbm_fit(self):
        seconds, model = self.timed(TRAIN, lambda: train_lightgbm(self.train, self.outcomes))
        return seconds | {"auc": self.auc(model.predict(self.test))}

    def auc(self, scores):
        from sklearn.metrics import roc_auc_score

        return float(roc_auc_score(self.truth, scores))


def main():
    verb, out = sys.argv[1], Path(sys.argv[2])
    if verb == "make":
        return make(out)
    peers = Peers(out)
    for line in sys.stdin:
        print(json.dumps(getattr(peers, line.strip())()), flush=True)


if __name__ == "__main__":
    main()
