//! From nothing to a page in the browser.

use std::{ffi::OsString, time::Instant};

use crate::{
    Result, Stop,
    arguments::Arguments,
    serve, site,
    tools::{self, Toolbox, elapsed, run},
};

pub(crate) fn demo(mut arguments: Arguments) -> Result<()> {
    let own_data = own_data(&mut arguments)?;
    let port = arguments.port()?;
    let stay = !arguments.flag("--no-serve");
    arguments.finish()?;

    let n_steps = if stay { 4 } else { 3 };
    let step = |n: u32, title: &str| eprintln!("[{n}/{n_steps}] {title}");
    let started = Instant::now();
    let done = |since: Instant| eprintln!("      done in {}", elapsed(since));

    step(1, "Tools");
    let toolbox = tools::for_the_site()?;
    done(started);

    let since = Instant::now();
    let world = if own_data.is_empty() { "the synthetic worlds" } else { "your data" };
    step(2, &format!("Training on {world}"));
    train(&toolbox, &own_data)?;
    done(since);

    let since = Instant::now();
    step(3, "Building the site");
    site::build(&toolbox)?;
    done(since);

    if !stay {
        eprintln!("The site is in dist/, after {}.", elapsed(started));
        return Ok(());
    }
    step(4, &format!("Serving, after {} in all", elapsed(started)));
    serve::serve_until_stopped(port, "")
}

/// Makes the artifacts that the page loads.
pub(crate) fn train(toolbox: &Toolbox, own_data: &[OsString]) -> Result<()> {
    let trainer = "cargo run --release --quiet -p underglass-cli -- demo --out www/artifacts";
    run(toolbox.command(trainer).args(own_data))
}

/// The options that describe the user's own data, as the trainer takes them.
fn own_data(arguments: &mut Arguments) -> Result<Vec<OsString>> {
    let data = arguments.value("--data")?;
    let described = ["--target", "--positive", "--drop"]
        .into_iter()
        .filter_map(|name| arguments.value(name).transpose().map(|value| Ok((name, value?))))
        .collect::<Result<Vec<_>>>()?;
    let Some(data) = data else {
        return match described.first() {
            None => Ok(Vec::new()),
            Some((name, _)) => Err(Stop::new(format!("{name} describes your own data: name its file with --data."))),
        };
    };
    if !described.iter().any(|(name, _)| *name == "--target") {
        return Err(Stop::new("--data needs --target: the column that says how each loan ended."));
    }
    // Commands run in the repository's root, the user may stand elsewhere.
    let file = std::path::absolute(&data)
        .ok()
        .filter(|file| file.is_file())
        .ok_or_else(|| Stop::new(format!("{data}: there is no such file.")))?;
    let mut options = vec![OsString::from("--data"), file.into()];
    for (name, value) in described {
        options.extend([name.into(), value.into()]);
    }
    Ok(options)
}
