//! Which tools an image has: what scripts and exec probes in its containers can call.
//!
//! A Debian image and a busybox differ in what is there, and learners meet that soon (`bash: not found`, no `curl`). The
//! tables list only what the simulator interprets.

use super::image_entry::Base;
use super::shell::programs;

/// What every image with a shell has.
const USUAL: &str = "\
    sh env timeout nohup setsid nice time cat head tail tee wc grep egrep fgrep sort uniq tac rev cut tr \
    sed seq base64 touch rm rmdir mkdir ls cp mv chmod chown chgrp basename dirname realpath readlink \
    mktemp sleep date hostname printenv id whoami uname nproc arch tty uptime expr yes dd md5sum sha1sum \
    sha256sum sha512sum echo printf test [ true false pwd kill sync";
/// What a Debian image has besides.
const DEBIAN: &str = "bash dash getent";
/// What busybox has besides.
const BUSYBOX: &str = "\
    ash wget nc telnet nslookup ping ps pidof pgrep pkill killall usleep free df";

/// Whether an image on this base has a tool of this name.
pub(super) fn of(base: Base, name: &str) -> bool {
    let listed = |table: &str| table.split_whitespace().any(|tool| tool == name);
    match base {
        Base::None => false,
        Base::All => programs::is_interpreted(name),
        Base::Debian => listed(USUAL) || listed(DEBIAN),
        Base::Busybox => listed(USUAL) || listed(BUSYBOX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_tool_is_interpreted() {
        for tool in [USUAL, DEBIAN, BUSYBOX].iter().flat_map(|table| table.split_whitespace()) {
            assert!(programs::is_interpreted(tool), "{tool}");
        }
    }

    #[test]
    fn bases_differ_as_real_images_do() {
        assert!(of(Base::Debian, "bash") && !of(Base::Busybox, "bash"));
        assert!(of(Base::Busybox, "wget") && !of(Base::Debian, "wget"));
        assert!(!of(Base::None, "sh"));
    }
}
