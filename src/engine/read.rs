//! What a person can ask of the API server without an input: reads, and the logs of containers.

use k8s_openapi::api::core::v1::{ContainerState, ContainerStatus, Node};

use super::world::World;
use crate::apiserver::{Answer, Call, Reply, Status, Sub};
use crate::node::{ContainerLook, Log};
use crate::object::{Key, Kind, Object, ObjectRef, Pod};

/// The port on which a kubelet serves logs.
const KUBELET_PORT: u16 = 10250;

/// No answer: the API server does not run.
pub(super) fn nobody_there() -> Status {
    Status::unreachable("The connection to the server was refused - is the API server running?")
}

impl World {
    /// What the API server answers at this instant. Nothing is changed and nothing goes into the journal: what
    /// would write is tried on a copy.
    pub fn read(&self, call: &Call) -> Answer {
        match self.server_up {
            true => self.server.peek(call, self.now),
            false => Err(Box::new(nobody_there())),
        }
    }

    /// What a container of a pod printed, or the one before it: the API server asks the kubelet of its node.
    ///
    /// # Errors
    /// The refusals of the API server and the kubelet: no such pod or container, nothing has run yet, the node
    /// cannot be reached.
    pub fn container_log(&self, pod: &Key, container: &str, previous: bool) -> Result<Log, Box<Status>> {
        let target = ObjectRef::new(Kind::Pod, pod.clone());
        let found = match self.read(&Call::Get { target: target.clone(), sub: Sub::Main })? {
            Reply::Object(Object::Pod(found)) => found,
            _ => return Err(Box::new(Status::not_found(&target))),
        };
        let all = found.spec.init_containers.iter().flatten().chain(&found.spec.containers);
        if !all.into_iter().any(|spec| spec.name == container) {
            let message = format!("container {container} is not valid for pod {}", pod.name);
            return Err(Box::new(Status::bad_request(message)));
        }
        // A pod without a node has no log yet, and that is no error.
        let Some(node) = found.node_name() else { return Ok(Log::new()) };
        let run = which_run(&found, container, previous).map_err(|why| Box::new(Status::bad_request(why)))?;
        let path = format!("containerLogs/{}/{}/{container}", pod.namespace, pod.name);
        let looks = self.pod_on_machine(node, pod, &path)?;
        let look = looks.iter().find(|look| look.name == container);
        Ok(look.map(|look| run.of(look)).unwrap_or_default())
    }

    /// The containers of a pod as its kubelet knows them.
    fn pod_on_machine(&self, node: &str, pod: &Key, path: &str) -> Result<Vec<ContainerLook>, Box<Status>> {
        let why = match self.node(node) {
            Some(state) if state.cut_off => "i/o timeout",
            Some(state) if state.kubelet => {
                let found = state.machine().and_then(|machine| machine.pods.get(pod));
                return Ok(found.map(|found| found.containers.clone()).unwrap_or_default());
            }
            Some(state) if state.powered() => "connect: connection refused",
            _ => "connect: no route to host",
        };
        let address = self
            .get::<Node>("", node)
            .and_then(|node| node.status.as_ref()?.addresses.as_ref())
            .and_then(|list| list.iter().find(|address| address.type_ == "InternalIP"))
            .map_or_else(|| node.to_owned(), |address| address.address.clone());
        let host = format!("{address}:{KUBELET_PORT}");
        let message = format!("Get \"https://{host}/{path}\": dial tcp {host}: {why}");
        Err(Box::new(Status { code: 500, message, ..Status::default() }))
    }
}

/// Which run of a container is meant.
#[derive(Clone, Copy)]
enum Run {
    Last,
    BeforeLast,
}

impl Run {
    fn of(self, look: &ContainerLook) -> Log {
        match self {
            Self::Last => look.log.clone(),
            Self::BeforeLast => look.previous_log.clone(),
        }
    }
}

/// As the kubelet decides it (`validateContainerLogStatus`): a container that waits to be started again shows
/// what its last run printed.
fn which_run(pod: &Pod, container: &str, previous: bool) -> Result<Run, String> {
    let lists = [&pod.status.init_container_statuses, &pod.status.container_statuses];
    let status: ContainerStatus = lists
        .into_iter()
        .flatten()
        .flatten()
        .find(|status| status.name == container)
        .cloned()
        .unwrap_or_default();
    let name = pod.metadata.name.as_deref().unwrap_or("");
    let ContainerState { running, terminated, waiting } = status.state.unwrap_or_default();
    let ran_before = status.last_state.is_some_and(|last| last.terminated.is_some());
    let waits =
        |why: &str| Err(format!("container \"{container}\" in pod \"{name}\" is waiting to start: {why}"));
    match (previous, waiting) {
        (true, _) if !ran_before => {
            Err(format!("previous terminated container \"{container}\" in pod \"{name}\" not found"))
        }
        (true, _) if running.is_some() || terminated.is_some() => Ok(Run::BeforeLast),
        (true, _) => Ok(Run::Last),
        (false, Some(waiting)) if !ran_before => match waiting.reason.as_deref().unwrap_or("") {
            "ErrImagePull" => waits("image can't be pulled"),
            "ImagePullBackOff" => waits("trying and failing to pull image"),
            reason => waits(reason),
        },
        (false, None) if running.is_none() && terminated.is_none() && !ran_before => {
            Err(format!("container \"{container}\" in pod \"{name}\" is waiting to start - no logs yet"))
        }
        _ => Ok(Run::Last),
    }
}
