//! Packets at a node.

use smol_str::SmolStr;

use super::Node;
use crate::actor::{Message, Outbox};
use crate::network::{Fate, Packet, PacketAnswer, PacketBody, hop};
use crate::time::Span;
use crate::trace::Parent;

/// How long a container takes to answer a request.
pub(super) const SERVICE_TIME: Span = Span::millis(2);

impl Node {
    /// Takes a packet.
    pub(super) fn packet(&mut self, packet: Packet, cause: Parent, out: &mut Outbox) {
        match &packet.body {
            PacketBody::ToService { .. } | PacketBody::Unanswered => {
                let directory = self.directory.clone();
                self.proxy.logic_mut().packet(packet, &directory, cause, out);
            }
            PacketBody::ToPod { ip, port, path, via } => {
                let answer = self.serve(ip, *port, path.as_deref(), via, out);
                let body = PacketBody::Answer(answer);
                let answer = Packet { from: packet.from, number: packet.number, body };
                out.post(packet.from, SERVICE_TIME, Message::Packet(answer), cause);
            }
            PacketBody::Lookup => self.looked_up(packet.number, out),
            PacketBody::Answer(answer) => self.answered(packet.number, answer, out),
        }
    }

    /// What the pod with this address answers. The rules on the node `via` chose the address, if any did.
    pub(super) fn serve(
        &mut self,
        ip: &str,
        port: i32,
        path: Option<&str>,
        via: &str,
        out: &Outbox,
    ) -> PacketAnswer {
        let Some(sandbox) = self.runtime().at_address(ip) else {
            let hop = match self.runtime().was_at(ip) {
                Some(pod) => hop::refused(ip, pod, &hop::still_sent("it is gone", via)),
                None => hop::refused(ip, "", &hop::still_sent("no pod has this address", via)),
            };
            return PacketAnswer::failed(Fate::Unreachable, hop);
        };
        let pod = sandbox.key.name.clone();
        let failed = |fate, hop| PacketAnswer { pod: pod.clone(), ..PacketAnswer::failed(fate, hop) };
        let mut running = sandbox.containers.values().filter_map(|container| {
            let process = container.process.as_ref()?;
            process.serves(port).then_some((container, process))
        });
        let Some((container, process)) = running.next() else {
            let any = sandbox.containers.values().any(|container| container.is_running());
            let why = match any {
                true => format!("no process listens on port {port}"),
                false => hop::still_sent("no container runs", via),
            };
            return failed(Fate::Refused, hop::refused(ip, &pod, &why));
        };
        let served = failed(Fate::Served, SmolStr::default());
        match path.map(|path| process.http(port, path, out.now)) {
            Some(Ok(answer)) => {
                let version = container.image_name.rsplit_once(':').map_or("", |(_, tag)| tag);
                PacketAnswer { code: answer.code, body: answer.body, version: version.into(), ..served }
            }
            None if process.tcp(port, out.now) => served,
            Some(Err(_)) if process.tcp(port, out.now) => failed(Fate::Closed, hop::closed(ip, &pod, port)),
            _ => {
                let why =
                    format!("no process listens on port {port}: it is still starting or already ending");
                failed(Fate::Refused, hop::refused(ip, &pod, &why))
            }
        }
    }
}
