"""Trains, exports and reads the export with a real MLflow client, after `mlflow migrate-filestore`.

usage: python tests/mlflow/read.py path/to/underglass

Without MLflow it says so and passes; with MLflow every assertion counts.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

try:
    import mlflow
    from mlflow import MlflowClient
except ImportError as error:
    print(f"skipped: {error}; install it with: pip install mlflow")
    sys.exit(0)

EXPERIMENT = 'Auto loans: "è" test'


def run(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    assert done.returncode == 0, f"{command} answered {done.returncode}: {done.stdout}{done.stderr}"
    return done.stdout


def main(underglass, folder):
    data = folder / "auto.csv"
    run(underglass, "synth", "applications", "--book", "auto", "--rows", 3000, "--seed", 7, "--out", data)
    models = folder / "models"
    for seed in (1, 2):
        run(underglass, "train", "risk", "--data", data, "--target", "bad", "--seed", seed, "--folds", 3,
            "--experiment", EXPERIMENT, "--model-name", "auto risk", "--out", models / f"risk-{seed}.json")
    records = [models / f"risk-{seed}.run.json" for seed in (1, 2)]
    export = ["export", "mlflow", *records, "--champion", records[0], "--challenger", records[1], "--out"]
    run(underglass, *export, folder / "out put")
    store = f"sqlite:///{folder / 'mlflow.db'}"
    print(run(Path(sys.executable).with_name("mlflow"), "migrate-filestore", "--source", folder / "out put", "--target", store))

    client = MlflowClient(tracking_uri=store, registry_uri=store)
    experiment = client.get_experiment_by_name(EXPERIMENT)
    runs = client.search_runs([experiment.experiment_id], filter_string="metrics.auc > 0.5", order_by=["params.seed"])
    assert [found.data.params["seed"] for found in runs] == ["1", "2"], runs
    for found, path in zip(runs, records):
        check_run(client, found, json.loads(path.read_text()), path)
    check_model(client, runs, records)
    mlflow.set_tracking_uri(store)
    print(mlflow.search_runs([experiment.experiment_id])[["run_id", "status", "metrics.auc", "params.seed"]].to_string())
    print(f"MLflow {mlflow.__version__} reads {len(runs)} runs, their artifacts and 2 registered versions")


def check_run(client, found, record, path):
    assert found.info.status == "FINISHED" and found.info.start_time == record["started_ms"]
    assert found.info.end_time == record["started_ms"] + sum(record["durations"].values())
    for name, estimate in record["metrics"].items():
        for end, value in (("", "value"), ("_low", "low"), ("_high", "high")):
            assert found.data.metrics[name + end] == estimate[value], (name, end)
    for name, value in record["parameters"].items():
        if value != "":
            written = found.data.params[name]
            assert (float(written) if isinstance(value, (int, float)) else written) == value, name
    assert found.data.params["data_sha256"] == record["data"]["sha256"]
    (dataset,) = found.inputs.dataset_inputs
    assert dataset.dataset.name == "auto.csv" and record["data"]["sha256"].startswith(dataset.dataset.digest)
    artifact = record["artifact"]
    listed = {entry.path for entry in client.list_artifacts(found.info.run_id, "model")}
    assert f"model/{artifact['file']}" in listed, listed
    copy = Path(client.download_artifacts(found.info.run_id, f"model/{artifact['file']}"))
    assert copy.read_bytes() == (path.parent / artifact["file"]).read_bytes()
    assert found.data.tags["underglass.artifact_sha256"] == artifact["sha256"] == json.loads(copy.read_text())["sha256"]


def check_model(client, runs, records):
    model = client.get_registered_model("auto risk")
    aliases = {alias: int(version) for alias, version in model.aliases.items()}
    assert aliases == {"champion": 1, "challenger": 2}, aliases
    for alias, found, path in zip(("champion", "challenger"), runs, records):
        version = client.get_model_version_by_alias("auto risk", alias)
        assert version.run_id == found.info.run_id and version.status == "READY"
        assert version.tags["underglass.artifact_sha256"] == json.loads(path.read_text())["artifact"]["sha256"]
        uri = client.get_model_version_download_uri("auto risk", version.version)
        files = mlflow.artifacts.list_artifacts(artifact_uri=uri)
        assert any(entry.path.endswith(path.name.replace(".run", "")) for entry in files), files


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        main(Path(sys.argv[1]).resolve(), Path(folder))
