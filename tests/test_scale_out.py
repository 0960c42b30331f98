"""A build on Ray makes the bytes of a local one, whatever dies meanwhile; what cannot work is said in one line."""

import os
import random
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from latentarchive import storage
from latentarchive.build import Growth, clustered
from latentarchive.build.clustered import ShardedFill, check_view
from latentarchive.build.inputs import Independent
from latentarchive.build.plan import JOURNAL, Plan, finished
from latentarchive.build.writer import Setting
from latentarchive.embeddings import BLOCK, Embeddings
from latentarchive.encoders import absolute_id
from latentarchive.errors import ArchiveError, EncoderMismatch, MissingExtra, SourceError
from latentarchive.index import build_index
from latentarchive.manifest import library_versions
from latentarchive.recipes import load_recipe
from latentarchive.scale.cluster import Cluster, Job
from latentarchive.verify import verify_archive
from tests.build_helpers import Killed, build, files
from tests.conftest import RECIPE, png, swatch, write_recipe

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def cluster():
    """Ray with two processes; builds join it."""
    with Cluster(2) as running:
        yield running


@pytest.fixture
def plates(tmp_path):
    """Thirteen images, some of them alike, two of them torn, and a table of them in which ids come again."""
    folder = tmp_path / "plates"
    folder.mkdir()
    pairs = [("red", None), ("red", "blue"), ("green", None), ("blue", "white"), ("black", "red"), ("white", None)]
    for number in range(13):
        (folder / f"{number:02d}.png").write_bytes(png(swatch(*pairs[number % 6], size=(40 + number, 40))))
    for number in (4, 8):
        (folder / f"{number:02d}.png").write_bytes(b"torn")
    ids = [0, 1, 1, 3, 4, 5, 6, 0, 8, 4, 10, 8, 12]  # 4 and 8 are torn when they first come
    rows = [f"{n},{number:02d}.png,Plate {number}" for number, n in enumerate(ids)]
    (folder / "plates.csv").write_text("\n".join(["id,file,title", *rows]) + "\n")
    return folder


def recipe_of(tmp_path, root, changes=("", "")):
    return load_recipe(str(write_recipe(tmp_path, RECIPE.replace(*changes))), root=root)


FOLDER = ("", "")
TABLE = ('source = "folder"', 'source = "table"\npath = "plates.csv"')
METADATA = ('"folder"\nname = "s"\n[encoder]\nid = "toy"', '"table"\npath = "plates.csv"\n[encoder]\nid = "none"')


@pytest.mark.parametrize("changes", [FOLDER, TABLE, METADATA], ids=["folder", "table", "metadata"])
def test_files_are_those_of_a_local_build(cluster, tmp_path, plates, monkeypatch, changes):
    """With torn images, with ids that come again in a later part, and without images; from a relative place."""
    monkeypatch.chdir(tmp_path)
    recipe = recipe_of(tmp_path, Path("plates"), changes)
    build(recipe, tmp_path / "local")
    built = build(recipe, Path("there"), engine="ray")
    assert files(tmp_path / "there") == files(tmp_path / "local")
    assert verify_archive(built.path).sound
    assert not [path for path in tmp_path.iterdir() if path.suffix == storage.PARTIAL]


def test_an_id_whose_first_input_was_torn_is_free(tmp_path, plates):
    """Which parts depend on others is known before an image is read; what becomes of them is the same."""
    recipe = recipe_of(tmp_path, plates, TABLE)
    built = build(recipe, tmp_path / "a")
    rejected = pq.read_table(built.path / "rejected.parquet").to_pylist()
    assert [(r["path"], r["stage"]) for r in rejected] == [
        ("02.png", "source"), ("04.png", "decode"), ("07.png", "source"), ("08.png", "decode"),
    ]  # fmt: skip
    plan = Plan(name="s", recipe_sha256="", encoder="toy", fingerprint="", factory="", limit=None, inputs=None,
                part_inputs=3)  # fmt: skip
    parts = list(Independent(tmp_path, recipe.collection, plan, {}))
    assert [part.number for part in parts] == [0, 1, 4]
    assert [len(part.records) for part in parts] == [3, 3, 1]


def test_vectors_in_place(cluster, tmp_path):
    for name in ("img_emb", "metadata"):
        (tmp_path / "p" / name).mkdir(parents=True)
    np.save(tmp_path / "p" / "img_emb" / "img_emb_0.npy", np.eye(8, 11, dtype=np.float16))
    pq.write_table(pa.table({"caption": list("abcdefgh")}), tmp_path / "p" / "metadata" / "metadata_0.parquet")
    recipe = recipe_of(tmp_path, tmp_path / "p", ('"folder"', '"embeddings"'))
    build(recipe, tmp_path / "local")
    build(recipe, tmp_path / "there", engine="ray")
    assert files(tmp_path / "there") == files(tmp_path / "local")


def test_the_real_encoder_in_one_thread_gives_the_bytes_it_gives_here_in_any_number(cluster, tmp_path, plates):
    recipe = recipe_of(tmp_path, plates, ('"toy"', '"tiny"'))
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            build(recipe, tmp_path / f"local-{threads}")
    finally:
        torch.set_num_threads(before)
    build(recipe, tmp_path / "there", engine="ray")
    assert files(tmp_path / "there") == files(tmp_path / "local-1") == files(tmp_path / "local-2")


def test_an_archive_grows(cluster, tmp_path, plates):
    recipe = recipe_of(tmp_path, plates)
    build(recipe, tmp_path / "a")
    (plates / "13.png").write_bytes(png(swatch("yellow")))
    (plates / "00.png").unlink()
    built = build(recipe, tmp_path / "a", engine="ray")
    assert built.growth == Growth(kept=10, added=1, dropped=1, encoded=1)
    assert files(tmp_path / "a") == files(build(recipe, tmp_path / "fresh").path)


def stopped(recipe, out, monkeypatch, **options):
    """A build whose parts are all made, and which ends there."""
    with monkeypatch.context() as patch:
        patch.setattr("latentarchive.build.run.finish", lambda *_: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            build(recipe, out, **options)


@pytest.mark.parametrize("engines", [("local", "ray"), ("ray", "local"), ("local", "local")], ids="-".join)
def test_either_engine_goes_on_with_what_the_other_began_whatever_is_missing(
    request, tmp_path, plates, monkeypatch, engines
):
    if "ray" in engines:
        request.getfixturevalue("cluster")
    recipe = recipe_of(tmp_path, plates, TABLE)
    build(recipe, tmp_path / "reference")
    out = tmp_path / "a"
    stopped(recipe, out, monkeypatch, engine=engines[0])
    for number in (1, 3):
        (out / JOURNAL / f"part-{number:05d}.json").unlink()
    (out / "items" / "part-00002.parquet").write_bytes(b"torn")
    assert list(finished(out)) == [0, 4]
    whole = {path: path.stat().st_mtime_ns for path in out.rglob("part-00004*")}
    assert build(recipe, out, engine=engines[1]).resumed
    assert files(out) == files(tmp_path / "reference")
    assert {path: path.stat().st_mtime_ns for path in out.rglob("part-00004*")} == {
        path: time for path, time in whole.items() if path.parent.name != JOURNAL
    }


@pytest.mark.parametrize(("images", "counted"), [(5, 5), (9, 13), (14, 14)])
def test_a_collection_that_changed_while_its_build_was_interrupted(tmp_path, plates, monkeypatch, images, counted):
    """Its size is not known beforehand, so the plan does not tell.

    What was read stays, but parts behind a gap that cannot be filled go, and the last part is completed.
    """
    lines = (plates / "plates.csv").read_text().splitlines()
    (plates / "13.png").write_bytes(png(swatch("black")))
    recipe = recipe_of(tmp_path, plates, TABLE)
    stopped(recipe, tmp_path / "a", monkeypatch)
    (tmp_path / "a" / JOURNAL / "part-00001.json").unlink()
    (plates / "plates.csv").write_text("\n".join([*lines, "13,13.png,Plate 13"][: images + 1]) + "\n")
    built = build(recipe, tmp_path / "a")
    assert verify_archive(built.path).sound
    assert built.manifest.counts["inputs"] == counted
    if counted == images:
        assert files(built.path) == files(build(recipe, tmp_path / "fresh").path)


def test_an_id_is_taken_by_a_vector_that_could_not_be_used_also_after_an_interruption(tmp_path, monkeypatch):
    for name in ("img_emb", "metadata"):
        (tmp_path / "p" / name).mkdir(parents=True)
    vectors = np.eye(7, 11, dtype=np.float16)
    vectors[0] = 0
    np.save(tmp_path / "p" / "img_emb" / "img_emb_0.npy", vectors)
    table = pa.table({"id": [1, 2, 3, 4, 5, 1, 7], "caption": list("abcdefg")})
    pq.write_table(table, tmp_path / "p" / "metadata" / "metadata_0.parquet")
    recipe = recipe_of(tmp_path, tmp_path / "p", ('"folder"', '"embeddings"'))
    assert build(recipe, tmp_path / "reference").manifest.counts["items"] == 5
    stopped(recipe, tmp_path / "a", monkeypatch)
    (tmp_path / "a" / JOURNAL / "part-00001.json").unlink()
    build(recipe, tmp_path / "a")
    assert files(tmp_path / "a") == files(tmp_path / "reference")


# What goes wrong.


class Echo:
    """A worker of known answers: each word says what is to happen."""

    def __init__(self, folder):
        self.folder = folder

    def __call__(self, word):
        if word == "die" or (word == "die once" and not (self.folder / "died").exists()):
            (self.folder / "died").touch()
            os._exit(1)
        if word == "refuse":
            message = "it is refused"
            raise SourceError(message)
        return word.upper()


def jobs_of(*words):
    return partial(map, job_of, words)


def job_of(word):
    if word == "no more":
        message = "there is nothing to read"
        raise SourceError(message)
    return Job(word.replace(" ", "-"), f"the word {word!r}", word)


def test_what_dies_is_begun_again_and_what_always_dies_is_named(cluster, tmp_path):
    run = partial(cluster.map, Echo, (tmp_path,), tries=tmp_path / "tries", attempts=2)
    assert sorted(run(jobs_of("one", "die once", "two"))) == ["DIE ONCE", "ONE", "TWO"]
    assert not (tmp_path / "tries").exists()
    with pytest.raises(ArchiveError, match=r"^the word 'die' ended its worker process 2 times; has a worker too lit"):
        list(run(jobs_of("one", "die")))


@pytest.mark.parametrize("word", ["refuse", "no more"])
def test_what_a_worker_or_the_reader_raises_is_raised_here(cluster, tmp_path, word):
    message = {"refuse": "^it is refused$", "no more": "^there is nothing to read$"}[word]
    with pytest.raises(SourceError, match=message):
        list(cluster.map(Echo, (tmp_path,), jobs_of("one", word), tries=tmp_path / "tries"))


def test_other_weights_in_a_worker_are_refused(tmp_path):
    setting = Setting(folder=tmp_path, encoder="toy", fingerprint="0" * 64, published=(), earlier=None, workers=1)
    with pytest.raises(EncoderMismatch, match=r"encoder toy has fingerprint \w{12} in a worker, 000000000000 where"):
        clustered.PartWriter(setting)


class Elsewhere:
    """A cluster of which one machine sees something else."""

    def __init__(self, **changes):
        self.changes = changes

    def everywhere(self, function, *arguments):
        seen = function(*arguments)
        return {"192.0.2.7": seen, "192.0.2.8": seen | self.changes}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"token": ""}, r"^the machine 192.0.2.8 of the Ray cluster does not see \S+/a; on a cluster .* \(--out\)$"),
        ({"root": False}, r"does not see the collection in \S+/plates; on a cluster it must be .* \(--root\)$"),
        ({"versions": library_versions() | {"torch": "0.1"}}, r"has torch 0.1, this one torch [\d.]+\S*; install the"),
    ],
)  # fmt: skip
def test_a_machine_that_cannot_help_is_named_before_anything_is_made(tmp_path, plates, changes, message):
    (tmp_path / "a").mkdir()
    source = recipe_of(tmp_path, plates).collection
    with pytest.raises(ArchiveError, match=message):
        check_view(Elsewhere(**changes), tmp_path / "a", source)
    assert not list((tmp_path / "a").iterdir())
    check_view(Elsewhere(), tmp_path / "a", source)


def test_what_is_not_there_is_one_line(tmp_path, plates, monkeypatch):
    recipe = recipe_of(tmp_path, plates)
    with pytest.raises(ArchiveError, match=r"^unknown engine 'rey'; did you mean 'ray'"):
        build(recipe, tmp_path / "a", engine="rey")
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtra, match=r"^ray is not installed; run: pip install 'latentarchive\[scale\]'$"):
        build(recipe, tmp_path / "a", engine="ray")
    assert not (tmp_path / "a").exists()


def test_nobody_at_the_address_is_one_line(tmp_path, plates, monkeypatch):
    """Without waiting for Ray to give up."""
    monkeypatch.setattr("ray.is_initialized", lambda: False)
    for address in ("127.0.0.1:1", "nonsense"):
        monkeypatch.setenv("RAY_ADDRESS", address)
        with pytest.raises(ArchiveError, match=rf"^Ray at {address} cannot be used \(.*\); is RAY_ADDRESS right\?$"):
            build(recipe_of(tmp_path, plates), tmp_path / "a", engine="ray")
    assert not (tmp_path / "a").exists()


def test_an_encoder_means_the_same_elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("w.pt").touch()
    given = ["toy", "tiny", "none", "local:m", "local:/m", "openclip:ViT-B-32/w.pt", "openclip:ViT-B-32/laion2b"]
    place = Path.cwd()
    assert [absolute_id(name) for name in given] == [
        "toy", "tiny", "none", f"local:{place}/m", "local:/m", f"openclip:ViT-B-32/{place}/w.pt",
        "openclip:ViT-B-32/laion2b",
    ]  # fmt: skip


# The command.


def started(*arguments):
    command = [sys.executable, "-m", "latentarchive", "build", *map(str, arguments)]
    environment = {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"}
    environment |= {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)


def workers_of(process):
    """The processes that do the work of a command which started Ray."""
    found = []
    for child in psutil.Process(process.pid).children(recursive=True):
        try:
            found += [child] if "MapWorker" in " ".join(child.cmdline()) else []
        except psutil.Error:
            continue
    return found


def wait_for(condition, *, seconds=120):
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.05)


def many(folder, count=400):
    """Images that take a moment each."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    colours = ["red", "blue", "green", "white", "black", "yellow"]
    for number in range(count):
        left, right = rng.choice(colours, 2, replace=False)
        (folder / f"{number:03d}.png").write_bytes(png(swatch(left, right, size=(900 + number % 7, 600))))


@pytest.mark.slow
def test_the_command_says_what_a_local_one_says_and_an_interrupted_one_ends_and_goes_on(tmp_path):
    many(tmp_path / "many", 120)
    recipe = write_recipe(tmp_path)
    local = started(recipe, "--root", tmp_path / "many", "--out", tmp_path / "local").communicate()
    arguments = (recipe, "--root", tmp_path / "many", "--out", tmp_path / "there", "--engine", "ray")
    with started(*arguments) as process:
        wait_for(lambda: workers_of(process) or process.poll() is not None)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, b"")
    assert err.decode() == "latentarchive: interrupted; run the same command again and it goes on\n"
    out, err = started(*arguments).communicate(timeout=120)
    assert (out.replace(b"there", b"local"), err) == local
    assert files(tmp_path / "there") == files(tmp_path / "local")


SCRIPT = """
import sys
from pathlib import Path
from latentarchive.build import build_archive
from latentarchive.recipes import load_recipe
recipe = load_recipe(sys.argv[1], root=Path(sys.argv[2]))
build_archive(recipe, out=Path(sys.argv[3]), part_inputs=10, workers=2, engine="ray")
"""


def started_script(tmp_path, **environment):
    command = [sys.executable, "-c", SCRIPT, *map(str, (write_recipe(tmp_path), tmp_path / "many", tmp_path / "there"))]
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | environment
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)


def finished_parts(tmp_path):
    return len(list((tmp_path / "there" / JOURNAL).glob("part-*.json")))


@pytest.mark.slow
def test_ten_workers_killed_one_after_the_other(tmp_path):
    many(tmp_path / "many", 600)
    build(recipe_of(tmp_path, tmp_path / "many"), tmp_path / "local", part_inputs=10)
    rng, done = random.Random(0), 0
    with started_script(tmp_path) as process:
        for number in range(10):
            if number % 2:  # at work; else as soon as there is one, which may not be at work yet
                enough = done + 3
                wait_for(lambda enough=enough: finished_parts(tmp_path) >= enough or process.poll() is not None)
            wait_for(lambda: workers_of(process) or process.poll() is not None)
            time.sleep(rng.uniform(0, 0.3))
            assert process.poll() is None  # the test is worth nothing if the build was over before
            done = finished_parts(tmp_path)
            rng.choice(workers_of(process)).kill()
        assert process.communicate(timeout=300) == (b"", b"")
    assert process.returncode == 0
    assert 10 < done < 60
    assert files(tmp_path / "there") == files(tmp_path / "local")


NODES = """
import sys
from ray.cluster_utils import Cluster
nodes = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
one = nodes.add_node(num_cpus=1)
print(nodes.address, flush=True)
sys.stdin.readline()
nodes.remove_node(one, allow_graceful=False)
print("gone", flush=True)
sys.stdin.readline()
nodes.shutdown()
"""


@pytest.mark.slow
def test_a_machine_of_a_cluster_dies(tmp_path):
    many(tmp_path / "many", 300)
    build(recipe_of(tmp_path, tmp_path / "many"), tmp_path / "local", part_inputs=10)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", NODES], cwd=tmp_path, **pipes) as nodes:
        address = next(line for line in nodes.stdout if ":" in line).strip()
        try:
            with started_script(tmp_path, RAY_ADDRESS=address) as process:
                wait_for(lambda: finished_parts(tmp_path) >= 3 or process.poll() is not None)
                assert process.poll() is None
                print("die", file=nodes.stdin, flush=True)
                assert "gone\n" in nodes.stdout
                assert process.communicate(timeout=300) == (b"", b"")
                assert process.returncode == 0
        finally:
            print("end", file=nodes.stdin, flush=True)
    assert files(tmp_path / "there") == files(tmp_path / "local")


# The index.


def on_disk(folder, rows, dim=16, part=10_000):
    """The embeddings folder of an archive, its parts' digests, and the setting of its build."""
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(rows, dim)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    parts = []
    for number, start in enumerate(range(0, rows, part)):
        here = vectors[start : start + part].astype(np.float16)
        storage.write_array(folder / f"embeddings/part-{number:05d}.npy", here)
        storage.write_array(folder / f"embeddings/norms-{number:05d}.npy", np.ones(len(here), np.float32))
        parts.append(type("Made", (), {"files": {f"embeddings/part-{number:05d}.npy": str(number)}}))
    setting = Setting(folder=folder, encoder="", fingerprint="", published=(), earlier=None, workers=1)
    return Embeddings.open(folder / "embeddings", len(parts)), parts, setting


def test_an_index_filled_in_shards_is_the_one_filled_here_and_an_interrupted_merge_is_gone_on_with(
    cluster, tmp_path, monkeypatch
):
    monkeypatch.setattr(clustered, "SHARD", BLOCK)
    embeddings, parts, setting = on_disk(tmp_path, 2 * BLOCK + 5000)
    tuning = build_index(embeddings, "RR16,IVF16,RaBitQfs", tmp_path / "local.faiss")
    fill = ShardedFill(cluster, setting, parts)

    def stop(*_):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(clustered, "merged", stop)
        with pytest.raises(Killed):
            build_index(embeddings, "RR16,IVF16,RaBitQfs", tmp_path / "there.faiss", fill=fill)
    assert not (tmp_path / "there.faiss").exists()
    assert len(list((tmp_path / clustered.SHARDS).glob("shard-*"))) == 3
    fill = ShardedFill(None, setting, parts)  # nothing is left to do on a cluster
    assert build_index(embeddings, "RR16,IVF16,RaBitQfs", tmp_path / "there.faiss", fill=fill) == tuning
    assert (tmp_path / "there.faiss").read_bytes() == (tmp_path / "local.faiss").read_bytes()


class Here:
    """A cluster that is this process."""

    def map(self, make, arguments, jobs, *, tries, count):
        work = make(*arguments)
        return [work(job.payload) for job in reversed(list(jobs()))]


@pytest.mark.parametrize(
    "factory",
    ["IVF16,Flat", "IVF16,RaBitQ", "RR16,IVF16,RaBitQfs", "IVF16,RaBitQfs4", "PCA8,IVF16,SQ8", "SQ8", "IVF16,PQ4x4fs"],
)
def test_shards_of_every_kind_of_index(tmp_path, monkeypatch, factory):
    """Those that cannot be merged are filled here."""
    monkeypatch.setattr(clustered, "SHARD", BLOCK)
    embeddings, parts, setting = on_disk(tmp_path, 2 * BLOCK + 100)
    build_index(embeddings, factory, tmp_path / "local.faiss")
    build_index(embeddings, factory, tmp_path / "there.faiss", fill=ShardedFill(Here(), setting, parts))
    assert (tmp_path / "there.faiss").read_bytes() == (tmp_path / "local.faiss").read_bytes()
    assert (tmp_path / clustered.SHARDS).exists() == (factory not in ("SQ8", "IVF16,PQ4x4fs"))


def test_shards_of_other_vectors_and_torn_ones_are_not_used(tmp_path, monkeypatch):
    monkeypatch.setattr(clustered, "SHARD", BLOCK)
    embeddings, parts, setting = on_disk(tmp_path, BLOCK + 100)
    build = partial(build_index, embeddings, "IVF16,Flat", tmp_path / "there.faiss")
    shard = tmp_path / clustered.SHARDS / "shard-00001.faiss"
    build(fill=ShardedFill(Here(), setting, parts))
    before = (tmp_path / "there.faiss").read_bytes(), shard.stat().st_mtime_ns
    parts[0].files = {"embeddings/part-00000.npy": "another"}
    build(fill=ShardedFill(Here(), setting, parts))
    assert shard.stat().st_mtime_ns > before[1]
    shard.write_bytes(b"torn")
    with pytest.raises(ArchiveError, match=r"shard-00001.faiss cannot be read and was removed; run the same command"):
        build(fill=ShardedFill(Here(), setting, parts))
    build(fill=ShardedFill(Here(), setting, parts))
    assert (tmp_path / "there.faiss").read_bytes() == before[0]
