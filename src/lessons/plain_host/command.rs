//! The `docker` commands that the plain host understands.

use super::{Container, ContainerSpec, PlainHost, Restart, State};
use crate::time::Span;

/// The commands and what each does, for help and for guesses.
const COMMANDS: &[(&str, &str)] = &[
    ("run", "run -d --name NAME [--restart POLICY] [-p HOST:CONTAINER] IMAGE"),
    ("ps", "ps [-a]"),
    ("start", "start NAME..."),
    ("stop", "stop NAME..."),
    ("restart", "restart NAME..."),
    ("kill", "kill NAME..."),
    ("rm", "rm [-f] NAME..."),
    ("update", "update --restart POLICY NAME..."),
    ("logs", "logs NAME"),
];

impl PlainHost {
    /// Runs a `docker` command; the word `docker` may stand in front of it.
    ///
    /// # Errors
    /// What docker would say.
    pub fn command(&mut self, line: &str) -> Result<String, String> {
        let mut words = shlex::split(line).ok_or("a quote is not closed")?;
        if words.first().is_some_and(|first| first == "docker") {
            words.remove(0);
        }
        if !self.powered {
            return Err("the machine has no power; nobody answers".to_owned());
        }
        let Some((verb, args)) = words.split_first() else { return Ok(help()) };
        match verb.as_str() {
            "run" => self.docker_run(args),
            "ps" => Ok(self.table(args.iter().any(|arg| arg == "-a" || arg == "--all"))),
            "start" => self.each(args, |host, name| host.start(name)),
            "stop" => self.each(args, |host, name| host.stop(name, 0)),
            "kill" => self.each(args, |host, name| host.stop(name, 137)),
            "restart" => self.each(args, |host, name| host.stop(name, 0).and_then(|()| host.start(name))),
            "rm" => self.remove(args),
            "update" => self.update(args),
            "logs" => {
                let name = args.first().ok_or("\"docker logs\" requires exactly 1 argument.")?;
                self.find(name).map(|container| format!("{} serves", container.image))
            }
            "help" | "--help" => Ok(help()),
            other => {
                let near = crate::manifests::nearest(other, COMMANDS.iter().map(|(name, _)| *name));
                let guess = near.map(|near| format!(" Did you mean `docker {near}`?")).unwrap_or_default();
                Err(format!("docker: '{other}' is not a docker command.{guess}\n{}", help()))
            }
        }
    }

    fn docker_run(&mut self, args: &[String]) -> Result<String, String> {
        let (mut name, mut restart, mut port, mut image) = (None, Restart::No, None, None);
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            let (flag, inline) = match arg.split_once('=') {
                Some((flag, value)) if flag.starts_with("--") => (flag, Some(value.to_owned())),
                _ => (arg.as_str(), None),
            };
            let mut value = || {
                inline
                    .clone()
                    .or_else(|| args.next().cloned())
                    .ok_or(format!("flag needs an argument: {flag}"))
            };
            match flag {
                "-d" | "--detach" => {}
                "--name" => name = Some(value()?),
                "--restart" => restart = Restart::parse(&value()?)?,
                "-p" | "--publish" => port = Some(published(&value()?)?),
                "-e" | "--env" => drop(value()?),
                flag if flag.starts_with('-') => {
                    return Err(format!("unknown flag: {flag}\nUsage: docker {}", COMMANDS[0].1));
                }
                _ => {
                    image = Some(arg.clone());
                    break;
                }
            }
        }
        let image = image.ok_or_else(|| {
            format!("\"docker run\" requires at least 1 argument.\nUsage: docker {}", COMMANDS[0].1)
        })?;
        let name = name.unwrap_or_else(|| {
            format!(
                "{}-{}",
                image.rsplit('/').next().unwrap_or("c").split(':').next().unwrap_or("c"),
                self.made + 1
            )
        });
        if let Ok(other) = self.find(&name) {
            return Err(format!(
                "Conflict. The container name \"/{name}\" is already in use by container \"{}\". You have to remove (or rename) that container to be able to reuse that name.",
                other.id
            ));
        }
        self.free(port, &name)?;
        self.add(ContainerSpec { name, image, port, restart });
        Ok(self.containers.last().map(|made| made.id.clone()).unwrap_or_default())
    }

    /// Whether a port of the host is free.
    fn free(&self, port: Option<u16>, name: &str) -> Result<(), String> {
        let Some(port) = port else { return Ok(()) };
        let taken = self
            .containers
            .iter()
            .any(|other| other.port == Some(port) && other.is_running() && other.name != name);
        match taken {
            true => Err(format!(
                "failed to set up container networking: Bind for 0.0.0.0:{port} failed: port is already allocated"
            )),
            false => Ok(()),
        }
    }

    fn each(
        &mut self,
        args: &[String],
        mut act: impl FnMut(&mut Self, &str) -> Result<(), String>,
    ) -> Result<String, String> {
        let names: Vec<&String> = args.iter().filter(|arg| !arg.starts_with('-')).collect();
        if names.is_empty() {
            return Err("name a container; `docker ps -a` lists them".to_owned());
        }
        for name in &names {
            self.find(name)?;
            act(self, name)?;
        }
        Ok(names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join("\n"))
    }

    fn start(&mut self, name: &str) -> Result<(), String> {
        let port = self.find(name)?.port;
        self.free(port, name)?;
        let now = self.now;
        if let Some(container) = self.find_mut(name).filter(|container| !container.is_running()) {
            container.starts(now);
            self.note(format!("a person started {name}"));
            self.finish(name);
        }
        Ok(())
    }

    fn stop(&mut self, name: &str, code: i32) -> Result<(), String> {
        let now = self.now;
        if let Some(container) = self.find_mut(name) {
            container.stops(code, now);
            self.note(format!("a person stopped {name}"));
            self.finish(name);
        }
        Ok(())
    }

    fn remove(&mut self, args: &[String]) -> Result<String, String> {
        let force = args.iter().any(|arg| arg == "-f" || arg == "--force");
        self.each(args, |host, name| {
            let container = host.find(name)?;
            if container.is_running() && !force {
                return Err(format!("cannot remove container \"{name}\": container is running: stop the container before removing or force remove"));
            }
            host.containers.retain(|container| container.name != name);
            host.note(format!("a person removed {name}"));
            host.finish(name);
            Ok(())
        })
    }

    fn update(&mut self, args: &[String]) -> Result<String, String> {
        let mut names = Vec::new();
        let mut policy = None;
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            match arg.strip_prefix("--restart") {
                Some("") => policy = args.next().cloned(),
                Some(value) => policy = value.strip_prefix('=').map(str::to_owned),
                None => names.push(arg.clone()),
            }
        }
        let policy = Restart::parse(&policy.ok_or("you must provide one or more flags: --restart POLICY")?)?;
        self.each(&names, |host, name| {
            if let Some(container) = host.find_mut(name) {
                container.restart = policy;
            }
            Ok(())
        })
    }

    fn find(&self, name: &str) -> Result<&Container, String> {
        let found = self.containers.iter().find(|container| container.name == name || container.id == name);
        found.ok_or_else(|| format!("No such container: {name}"))
    }

    fn find_mut(&mut self, name: &str) -> Option<&mut Container> {
        self.containers.iter_mut().find(|container| container.name == name || container.id == name)
    }

    /// What `docker ps` prints.
    fn table(&self, all: bool) -> String {
        let mut lines =
            vec![format!("{:<14}{:<24}{:<28}{:<24}NAMES", "CONTAINER ID", "IMAGE", "STATUS", "PORTS")];
        let shown = self
            .containers
            .iter()
            .filter(|container| all || !matches!(container.state, State::Exited { .. }));
        for container in shown {
            let ports = match (container.port, container.is_running()) {
                (Some(port), true) => format!("0.0.0.0:{port}->80/tcp"),
                _ => String::new(),
            };
            let status = self.status(container);
            lines.push(format!(
                "{:<14}{:<24}{status:<28}{ports:<24}{}",
                container.id, container.image, container.name
            ));
        }
        lines.join("\n")
    }

    /// `Up 5 seconds`, `Exited (1) 2 minutes ago`.
    pub fn status(&self, container: &Container) -> String {
        match container.state {
            State::Running { since } => format!("Up {}", ago(self.now.since(since))),
            State::Restarting { code, .. } => format!("Restarting ({code})"),
            State::Exited { code, at } => format!("Exited ({code}) {} ago", ago(self.now.since(at))),
        }
    }
}

/// The host's port of `8080:80`, or of `80`.
fn published(text: &str) -> Result<u16, String> {
    let port = text.split(':').next().unwrap_or(text);
    port.parse().map_err(|_| format!("invalid publish opts format: {text}; write -p 8080:80"))
}

fn ago(span: Span) -> String {
    match span.as_secs() {
        0 => "less than a second".to_owned(),
        1 => "1 second".to_owned(),
        seconds @ 2..=119 => format!("{seconds} seconds"),
        seconds @ 120..=7199 => format!("{} minutes", seconds / 60),
        seconds => format!("{} hours", seconds / 3600),
    }
}

fn help() -> String {
    let lines: Vec<String> = COMMANDS.iter().map(|(_, usage)| format!("  docker {usage}")).collect();
    format!("This host understands:\n{}", lines.join("\n"))
}
