//! Clients that images bring along to ask their own server whether it is well: `pg_isready`, `redis-cli ping`.

use super::super::simple::Flow;
use super::super::task::{Run, Task};
use super::not_simulated;

/// How a client says that its server answers, and that it does not.
struct Client {
    name: &'static str,
    /// Words that make it ask; empty if it always asks.
    words: &'static [&'static str],
    /// The port it asks at.
    port: i32,
    well: &'static str,
    unwell: &'static str,
    status: i32,
}

const CLIENTS: &[Client] = &[
    Client {
        name: "pg_isready",
        words: &[],
        port: 5432,
        well: "/var/run/postgresql:5432 - accepting connections",
        unwell: "/var/run/postgresql:5432 - no response",
        status: 2,
    },
    Client {
        name: "psql",
        words: &["SELECT 1", "select 1"],
        port: 5432,
        well: " ?column? \n----------\n        1\n(1 row)\n",
        unwell: "psql: error: connection to server on socket \"/var/run/postgresql/.s.PGSQL.5432\" failed: No such file \
                 or directory",
        status: 2,
    },
    Client {
        name: "redis-cli",
        words: &["ping", "PING"],
        port: 6379,
        well: "PONG",
        unwell: "Could not connect to Redis at 127.0.0.1:6379: Connection refused",
        status: 1,
    },
    Client {
        name: "mysqladmin",
        words: &["ping", "status"],
        port: 3306,
        well: "mysqld is alive",
        unwell: "mysqladmin: connect to server at 'localhost' failed",
        status: 1,
    },
    Client {
        name: "mariadb-admin",
        words: &["ping", "status"],
        port: 3306,
        well: "mysqld is alive",
        unwell: "mariadb-admin: connect to server at 'localhost' failed",
        status: 1,
    },
    Client {
        name: "mysql",
        words: &["SELECT 1", "select 1"],
        port: 3306,
        well: "1\n1",
        unwell: "ERROR 2002 (HY000): Can't connect to local MySQL server through socket '/var/run/mysqld/mysqld.sock' (2)",
        status: 1,
    },
    Client {
        name: "healthcheck.sh",
        words: &[],
        port: 3306,
        well: "",
        unwell: "healthcheck connect failed",
        status: 1,
    },
    Client {
        name: "mongosh",
        words: &["ping", "hello", "isMaster"],
        port: 27017,
        well: "{ ok: 1 }",
        unwell: "MongoNetworkError: connect ECONNREFUSED 127.0.0.1:27017",
        status: 1,
    },
    Client {
        name: "mongo",
        words: &["ping", "hello", "isMaster"],
        port: 27017,
        well: "{ \"ok\" : 1 }",
        unwell: "Error: couldn't connect to server 127.0.0.1:27017",
        status: 1,
    },
    Client {
        name: "rabbitmq-diagnostics",
        words: &["ping", "status", "check_running", "check_port_connectivity", "check_local_alarms"],
        port: 5672,
        well: "Ping succeeded",
        unwell: "Error: unable to perform an operation on node. Please see diagnostics information and suggestions below.",
        status: 69,
    },
    Client {
        name: "rabbitmqctl",
        words: &["ping", "status", "node_health_check"],
        port: 5672,
        well: "Ping succeeded",
        unwell: "Error: unable to perform an operation on node. Please see diagnostics information and suggestions below.",
        status: 69,
    },
    Client {
        name: "etcdctl",
        words: &["health", "status"],
        port: 2379,
        well: "127.0.0.1:2379 is healthy: successfully committed proposal: took = 2ms",
        unwell: "127.0.0.1:2379 is unhealthy: failed to commit proposal: context deadline exceeded",
        status: 1,
    },
    Client {
        name: "grpc_health_probe",
        words: &[],
        port: 0,
        well: "status: SERVING",
        unwell: "error: failed to connect service: context deadline exceeded",
        status: 2,
    },
];

/// Asks the container's own server.
pub(super) fn check(task: &mut Task, run: &mut Run<'_, '_>, argv: &[String]) -> Flow {
    let name = argv[0].rsplit('/').next().unwrap_or("");
    let asks = |client: &&Client| {
        client.words.is_empty()
            || argv.iter().any(|word| client.words.iter().any(|wanted| word.contains(wanted)))
    };
    let Some(client) = CLIENTS.iter().find(|client| client.name == name).filter(asks) else {
        return not_simulated(task, run, argv);
    };
    // grpc_health_probe is told where to ask; the others know.
    let given = argv.iter().filter_map(|word| word.rsplit_once(':')).find_map(|(_, port)| port.parse().ok());
    let port = if client.port == 0 { given.unwrap_or(0) } else { client.port };
    if run.world.open_ports.contains(&port) {
        task.print(run, &format!("{}\n", client.well));
        Flow::Status(0)
    } else {
        task.complain(run, client.unwell);
        Flow::Status(client.status)
    }
}
