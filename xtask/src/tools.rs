//! The tools that build and test the site, at the versions that are known to work together.
//!
//! A tool already on `PATH` at its pinned version is used as it is. Any other is taken from the cache, a folder outside
//! the clone with one folder a version, and installed there the first time.

use std::{
    env,
    ffi::OsString,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

use crate::{Result, Stop};

struct Tool {
    program: &'static str,
    package: &'static str,
    version: &'static str,
    /// The word by which `--version` tells that version; a tool without one counts where the cache keeps that version.
    reported: Option<&'static str>,
    source: Source,
}

enum Source {
    /// With these options of `cargo install`.
    Cargo(&'static str),
    Npm,
}

const TOOLS: [Tool; 6] = [
    Tool {
        program: "wasm-bindgen",
        package: "wasm-bindgen-cli",
        version: "0.2.130",
        reported: Some("0.2.130"),
        // Its published lock file names a version that the registry no longer has.
        source: Source::Cargo(""),
    },
    Tool {
        program: "wasm-pack",
        package: "wasm-pack",
        version: "0.15.1",
        reported: Some("0.15.1"),
        source: Source::Cargo("--locked"),
    },
    Tool {
        program: "trunk",
        package: "trunk",
        version: "0.22.1",
        reported: Some("0.22.1"),
        source: Source::Cargo("--locked"),
    },
    Tool {
        program: "wasm-split-cli",
        package: "wasm_split_cli_support",
        version: "0.2.4",
        reported: None,
        source: Source::Cargo("--locked --features build-binary"),
    },
    Tool { program: "wasm-opt", package: "binaryen", version: "132.0.0", reported: Some("132"), source: Source::Npm },
    Tool { program: "esbuild", package: "esbuild", version: "0.28.2", reported: Some("0.28.2"), source: Source::Npm },
];

const COVERAGE: Tool = Tool {
    program: "cargo-llvm-cov",
    package: "cargo-llvm-cov",
    version: "0.9.1",
    reported: Some("0.9.1"),
    source: Source::Cargo("--locked"),
};

/// The version of the wasm-bindgen command; the crate of the same name must equal it.
pub(crate) const WASM_BINDGEN: &str = TOOLS[0].version;

const OLDEST_NODE: u32 = 20;

/// The repository's root.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask stands in the repository's root")
}

/// Where cargo builds.
pub(crate) fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// Runs commands in the repository's root with the tools on `PATH`.
pub(crate) struct Toolbox {
    path: OsString,
}

/// A toolbox with nothing but what every Rust project has.
pub(crate) fn for_rust() -> Toolbox {
    Toolbox { path: env::var_os("PATH").unwrap_or_default() }
}

/// A toolbox that can build the site. Installs what is missing.
pub(crate) fn for_the_site() -> Result<Toolbox> {
    let mut toolbox = for_rust();
    toolbox.require_node()?;
    toolbox.require_wasm_target()?;
    TOOLS.iter().try_for_each(|tool| toolbox.require(tool))?;
    Ok(toolbox)
}

/// A toolbox that can count covered lines. Installs what is missing.
pub(crate) fn for_coverage() -> Result<Toolbox> {
    let mut toolbox = for_rust();
    toolbox.require(&COVERAGE)?;
    if toolbox.find("rustup").is_some() {
        run(&mut toolbox.command("rustup --quiet component add llvm-tools"))?;
    }
    Ok(toolbox)
}

/// Where the browser and its driver are.
pub(crate) struct Browser {
    pub(crate) chromium: PathBuf,
    pub(crate) chromedriver: PathBuf,
}

impl Toolbox {
    /// A command as one would type it, its words parted by spaces; paths are added with `arg`.
    pub(crate) fn command(&self, line: &str) -> Command {
        let mut words = line.split_whitespace();
        let mut command = Command::new(words.next().expect("a command has a program"));
        command.args(words).current_dir(root()).env("PATH", &self.path);
        command
    }

    /// The browser that the tests drive; on Debian, root gets it from the system's packages.
    pub(crate) fn browser(&self) -> Result<Browser> {
        if let Some(browser) = self.find_browser() {
            return Ok(browser);
        }
        const PACKAGES: [&str; 2] = ["chromium", "chromium-driver"];
        if self.find("apt-get").is_some() && self.is_root() {
            eprintln!("      installing {} from the system's packages", PACKAGES.join(" and "));
            run(&mut self.command("apt-get update -qq"))?;
            let mut install = self.command("apt-get install -y -qq --no-install-recommends");
            run(install.args(PACKAGES).env("DEBIAN_FRONTEND", "noninteractive"))?;
        }
        self.find_browser().ok_or_else(|| {
            Stop::new(
                "The browser tests need Chromium and ChromeDriver of one version. On Debian or Ubuntu: `sudo apt-get \
                 install chromium chromium-driver`. Elsewhere install both and name them in the environment variables \
                 CHROMIUM and CHROMEDRIVER.",
            )
        })
    }

    fn find_browser(&self) -> Option<Browser> {
        let named = |variable: &str| env::var_os(variable).map(PathBuf::from).filter(|path| path.is_file());
        Some(Browser {
            chromium: named("CHROMIUM")
                .or_else(|| ["chromium", "chromium-browser", "google-chrome"].iter().find_map(|p| self.find(p)))?,
            chromedriver: named("CHROMEDRIVER").or_else(|| self.find("chromedriver"))?,
        })
    }

    pub(crate) fn find(&self, program: &str) -> Option<PathBuf> {
        env::split_paths(&self.path).map(|folder| folder.join(program)).find(|path| path.is_file())
    }

    fn is_root(&self) -> bool {
        self.answer("id -u").is_some_and(|id| id == "0")
    }

    /// What a command prints, if it runs and succeeds.
    fn answer(&self, line: &str) -> Option<String> {
        let output = self.command(line).stderr(Stdio::null()).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    fn has(&self, tool: &Tool) -> bool {
        let Some(reported) = tool.reported else {
            let kept = format!("{}-{}", tool.package, tool.version);
            return self.find(tool.program).is_some_and(|path| path.iter().any(|part| *part == *kept));
        };
        // A subcommand of cargo wants its own name first.
        let name = tool.program.strip_prefix("cargo-").unwrap_or_default();
        self.answer(&format!("{} {name} --version", tool.program))
            .is_some_and(|text| text.split_whitespace().any(|word| word == reported))
    }

    fn put_first(&mut self, folder: &Path) -> Result<()> {
        let folders = std::iter::once(folder.to_owned()).chain(env::split_paths(&self.path));
        self.path = env::join_paths(folders).map_err(|error| Stop::new(format!("{}: {error}", folder.display())))?;
        Ok(())
    }

    /// Puts a tool on the path, from the cache or installed into it.
    fn require(&mut self, tool: &Tool) -> Result<()> {
        if self.has(tool) {
            return Ok(());
        }
        let folder = cache()?.join(format!("{}-{}", tool.package, tool.version));
        let programs = folder.join(match tool.source {
            Source::Cargo(_) => "bin",
            Source::Npm => "node_modules/.bin",
        });
        self.put_first(&programs)?;
        if self.has(tool) { Ok(()) } else { self.install(tool, &folder) }
    }

    fn install(&self, tool: &Tool, folder: &Path) -> Result<()> {
        let Tool { program, package, version, .. } = tool;
        eprintln!("      installing {program} {version}, once, into {}", folder.display());
        let started = Instant::now();
        std::fs::create_dir_all(folder).map_err(|error| Stop::at(folder, &error))?;
        run(match &tool.source {
            Source::Cargo(options) => {
                self.command(&format!("cargo install --quiet {package}@{version} {options} --root"))
            }
            Source::Npm => self.command(&format!("npm install --silent --no-save {package}@{version} --prefix")),
        }
        .arg(folder))?;
        if !self.has(tool) {
            return Err(Stop::new(format!(
                "{program} {version} was installed into {}, but does not answer; delete that folder and try again.",
                folder.display()
            )));
        }
        eprintln!("      {program} is ready after {}", elapsed(started));
        Ok(())
    }

    fn require_node(&self) -> Result<()> {
        let node = self.answer("node --version").and_then(|version| {
            let major = version.trim_start_matches('v').split('.').next()?;
            major.parse::<u32>().ok()
        });
        if node.is_none_or(|major| major < OLDEST_NODE) || self.find("npm").is_none() {
            return Err(Stop::new(format!(
                "Node.js {OLDEST_NODE} or newer with npm is needed; install it from your system's packages or from nodejs.org."
            )));
        }
        Ok(())
    }

    fn require_wasm_target(&self) -> Result<()> {
        match self.answer("rustc --print target-libdir --target wasm32-unknown-unknown") {
            Some(folder) if Path::new(&folder).is_dir() => Ok(()),
            _ => Err(Stop::new(
                "The Rust target wasm32-unknown-unknown is missing; install it with `rustup target add wasm32-unknown-unknown`.",
            )),
        }
    }
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().map_err(|error| not_started(command, &error))?;
    if status.success() { Ok(()) } else { Err(ended(command, status)) }
}

/// Runs a command to its end, showing each line of its output and handing it to `read`.
pub(crate) fn run_reading(command: &mut Command, mut read: impl FnMut(&str)) -> Result<()> {
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(|error| not_started(command, &error))?;
    let output = child.stdout.take().expect("the output is piped");
    // Bytes, not text: a test may print anything, and a strange byte must not end the run.
    for line in BufReader::new(output).split(b'\n').map_while(std::result::Result::ok) {
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        read(&line);
    }
    let status = child.wait().map_err(|error| not_started(command, &error))?;
    if status.success() { Ok(()) } else { Err(ended(command, status)) }
}

/// What a command prints, which must succeed.
pub(crate) fn output_of(command: &mut Command) -> Result<String> {
    let output = command.stderr(Stdio::inherit()).output().map_err(|error| not_started(command, &error))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(ended(command, output.status))
    }
}

fn not_started(command: &Command, error: &std::io::Error) -> Stop {
    Stop::new(format!("`{}` could not be started: {error}.", spelled(command)))
}

fn ended(command: &Command, status: std::process::ExitStatus) -> Stop {
    Stop::new(format!("`{}` failed ({status}).", spelled(command)))
}

/// The command as one would type it.
fn spelled(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    std::iter::once(program).chain(command.get_args()).map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

pub(crate) fn elapsed(since: Instant) -> String {
    let seconds = since.elapsed().as_secs_f64();
    if seconds < 60.0 {
        format!("{seconds:.1} s")
    } else {
        format!("{:.0} min {:02.0} s", (seconds / 60.0).floor(), (seconds % 60.0).floor())
    }
}

pub(crate) fn cache() -> Result<PathBuf> {
    let folder = |variable: &str| env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from);
    folder("UNDERGLASS_CACHE")
        .or_else(|| Some(folder("XDG_CACHE_HOME")?.join("underglass")))
        .or_else(|| Some(folder("HOME")?.join(".cache/underglass")))
        .ok_or_else(|| Stop::new("Set UNDERGLASS_CACHE to a folder for the build tools: there is no home folder here."))
}
