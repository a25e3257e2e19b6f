//! RabbitMQ: the user and the virtual host that a relation requests, in a cluster with a node for each unit.
//!
//! As by RabbitMQ's charm, quorum queues get a replica on a new node while there are up to three nodes, and a node that leaves is
//! forgotten by the others. A classic queue is on one node and goes with it.

mod node;

use std::collections::BTreeMap;

use interfaces::rabbitmq::{
    self, PORT, Request,
    provider::{self, Account},
};
use juju::{Changes, RelationId, Role, Secret, View};
use rock::tool::{self, Tool};

use super::accounts::{self, Accounts};
use super::process::{self, Place, Process};
use super::relations::{answers_of_units, requested};
use super::{Answer, Error, Host, Provider, Relation, Serve, Source};
use crate::daemon::Network;
use crate::pod::Neighbor;
use crate::ui::Ui;
use node::{Node, name};

/// RabbitMQ.
pub(super) const RABBITMQ: Provider = Provider {
    name: "rabbitmq",
    title: "RabbitMQ",
    app: "rabbitmq-k8s",
    endpoint: "amqp",
    interface: rabbitmq::INTERFACE,
    source: Source::Debian(&[TOOL]),
    role: Role::Provides,
    is_stand_in: false,
    is_suggested: true,
    is_awaited: true,
    is_scalable: true,
    start: |host| Ok(Box::new(Rabbitmq::start(host)?)),
};

const TOOL: Tool = Tool { program: "rabbitmq-server", package: "rabbitmq-server" };

/// Number of nodes up to which every quorum queue has a replica on each, as in RabbitMQ's charm.
const REPLICAS: usize = 3;

fn password(what: &'static str) -> Result<Secret, process::Error> {
    accounts::password().map_err(process::file(RABBITMQ.title, what))
}

/// The running nodes, and the users in their cluster.
#[derive(Debug)]
struct Rabbitmq {
    place: Place,
    mapper: Process,
    cookie: Secret,
    nodes: BTreeMap<u32, Node>,
    users: Accounts<(Request, Secret)>,
}

impl Rabbitmq {
    fn start(host: &Host<'_>) -> Result<Self, process::Error> {
        tool::find(TOOL, host.ui)?;
        let (place, cookie) = (node::place(&host.dir)?, password("draw the nodes' cookie")?);
        host.ui.step("starting RabbitMQ (some ten seconds)");
        let mapper = node::start_mapper(&place, Network::Own, host.ui)?;
        let mut started = Self { place, mapper, cookie, nodes: BTreeMap::new(), users: Accounts::default() };
        started.start_nodes(&[0], host)?;
        Ok(started)
    }

    /// Starts new nodes, which join those that there are, and waits for them.
    fn start_nodes(&mut self, numbers: &[u32], host: &Host<'_>) -> Result<(), process::Error> {
        let others: Vec<u32> = self.nodes.keys().copied().collect();
        for number in numbers {
            let network = self.mapper.network();
            let node = Node::start(*number, &host.unit_dir(*number), &others, &self.cookie, network)?;
            self.nodes.insert(*number, node);
        }
        self.wait_for(numbers, host.ui)
    }

    fn wait_for(&mut self, numbers: &[u32], ui: &Ui) -> Result<(), process::Error> {
        let mut nodes = self.nodes.iter_mut().filter(|(number, _)| numbers.contains(number));
        nodes.try_for_each(|(_, node)| node.wait(ui))
    }

    /// Has a running node evaluate Erlang.
    fn evaluate(&mut self, text: &str, ui: &Ui) -> Result<(), process::Error> {
        self.on_a_node(&[], |node| node.evaluate(text, ui))
    }

    /// Uses the first node that runs, without those in `leaving`; one that has ended if none does.
    fn on_a_node(
        &mut self,
        leaving: &[u32],
        work: impl FnOnce(&Node) -> Result<(), process::Error>,
    ) -> Result<(), process::Error> {
        let mut nodes = self.nodes.iter_mut().filter(|(number, _)| !leaving.contains(number));
        let first = nodes.find_map(|(number, node)| (!node.process().has_ended()).then_some(*number));
        let first = first.or_else(|| self.nodes.keys().copied().find(|number| !leaving.contains(number)));
        first.and_then(|number| self.nodes.get(&number)).map_or(Ok(()), work)
    }

    /// The password of the user that a relation requests, who is created on first use.
    fn user(&mut self, id: RelationId, request: &Request, ui: &Ui) -> Result<Secret, Error> {
        if let Some((_, password)) = self.users.get(id) {
            return Ok(password.clone());
        }
        let drawn = password("draw a password")?;
        self.evaluate(&creation(request, &drawn), ui)?;
        let (_, password) = self.users.have(id, || Ok::<_, Error>((request.clone(), drawn)))?;
        Ok(password)
    }

    /// True if another relation has this user.
    fn is_taken(&self, username: &str) -> bool {
        self.users.all().any(|(request, _)| request.username == username)
    }
}

impl Serve for Rabbitmq {
    /// The interface tells no port. Each unit has a name, and the Service's name leads to all of them.
    fn ways(&self, host: &Host<'_>) -> Vec<Neighbor> {
        let units =
            self.nodes.iter().map(|(number, node)| host.way_to(*number, host.unit(*number), PORT, node.socket()));
        let units: Vec<_> = units.collect();
        let service = units.iter().map(|unit| Neighbor { name: service(host), ..unit.clone() });
        service.chain(units.iter().cloned()).collect()
    }

    fn revive(&mut self, host: &Host<'_>) -> Result<bool, Error> {
        let all = self.nodes.iter_mut();
        let ended: Vec<u32> = all.filter_map(|(number, node)| node.process().has_ended().then_some(*number)).collect();
        let has_mapper = !self.mapper.has_ended();
        if ended.is_empty() && has_mapper {
            return Ok(false);
        }
        host.ui.step("RabbitMQ ended; starting it again");
        if !has_mapper {
            // Nodes that run stay where they are, and find the new port mapper there.
            let network = process::network_of(self.nodes.values_mut().map(Node::process));
            self.mapper = node::start_mapper(&self.place, network, host.ui)?;
        }
        let network = self.mapper.network();
        // All at once: a node that stopped before others waits for them.
        let mut nodes = self.nodes.iter_mut().filter(|(number, _)| ended.contains(number));
        nodes.try_for_each(|(_, node)| node.start_again(network))?;
        self.wait_for(&ended, host.ui)?;
        Ok(true)
    }

    fn answer(&mut self, relations: &[Relation], host: &Host<'_>) -> Result<Vec<Answer>, Error> {
        for (request, _) in self.users.take_gone(relations) {
            if !self.is_taken(&request.username) {
                self.evaluate(&removal(&request.username), host.ui)?;
            }
        }
        Ok(answers_of_units(relations, |number, view| {
            let Some(request) = requested(view.id, provider::read(view))? else { return Ok(None) };
            let password = self.user(view.id, &request, host.ui)?;
            Ok(Some(published(number, view, password, host)))
        }))
    }

    fn rotate(&mut self, host: &Host<'_>) -> Result<bool, Error> {
        let mut users = std::mem::take(&mut self.users);
        let renewed = users.renew(|(request, _)| {
            let password = password("draw a password")?;
            self.evaluate(&creation(request, &password), host.ui)?;
            Ok::<_, process::Error>((request.clone(), password))
        });
        self.users = users;
        Ok(renewed.map(|()| true)?)
    }

    fn add_units(&mut self, numbers: &[u32], host: &Host<'_>) -> Result<(), Error> {
        host.ui.step("starting nodes of RabbitMQ (some ten seconds)");
        let joined = self.start_nodes(numbers, host).and_then(|()| {
            let count = self.nodes.len();
            self.evaluate(&growth(numbers, count), host.ui)
        });
        if joined.is_err() {
            self.nodes.retain(|number, _| !numbers.contains(number));
        }
        Ok(joined?)
    }

    /// A node leaves when its queues' replicas have left.
    fn remove_units(&mut self, numbers: &[u32], host: &Host<'_>) -> Result<(), Error> {
        let mut left = Ok(());
        for number in numbers {
            let shrunk = self.on_a_node(numbers, |node| node.evaluate(&shrinking(*number), host.ui));
            self.nodes.remove(number);
            let forget = ["forget_cluster_node", &name(*number)];
            let forgotten = self.on_a_node(numbers, |node| node.control(&forget, host.ui));
            left = left.and(shrunk).and(forgotten);
        }
        Ok(left?)
    }
}

/// Name of all units together.
fn service(host: &Host<'_>) -> String {
    host.service(&format!("{}-endpoints", RABBITMQ.app))
}

/// Changes of the unit with this number.
fn published(number: u32, view: &View, password: Secret, host: &Host<'_>) -> Changes {
    let account = Account { hostname: service(host), unit_hostname: host.unit(number), password };
    provider::answer(view, &account)
}

/// Erlang that makes the user, or gives it a new password, and the virtual host, in which it may do everything.
fn creation(request: &Request, password: &Secret) -> String {
    let [user, vhost, password] = [&request.username, &request.vhost, password.expose()].map(binary);
    format!(
        "User = {user}, Vhost = {vhost}, Password = {password}, Us = <<\"webcharm\">>, All = <<\".*\">>,\n\
         case rabbit_auth_backend_internal:lookup_user(User) of\n\
         {{ok, _}} -> rabbit_auth_backend_internal:change_password(User, Password, Us);\n\
         _ -> rabbit_auth_backend_internal:add_user(User, Password, Us)\n\
         end,\n\
         case rabbit_vhost:exists(Vhost) of true -> ok; false -> rabbit_vhost:add(Vhost, Us) end,\n\
         rabbit_auth_backend_internal:set_permissions(User, Vhost, All, All, All, Us).\n"
    )
}

/// Erlang that removes the user, whose connections end with it.
fn removal(username: &str) -> String {
    format!("rabbit_auth_backend_internal:delete_user({}, <<\"webcharm\">>).\n", binary(username))
}

/// Erlang that fails unless the new nodes are in the cluster of `count` nodes, and gives quorum queues replicas there.
fn growth(new: &[u32], count: usize) -> String {
    let nodes: Vec<_> = new.iter().map(|number| format!("'{}'", name(*number))).collect();
    let strategy = if count <= REPLICAS { "all" } else { "even" };
    format!(
        "New = [{}],\n\
         Running = case erlang:function_exported(rabbit_nodes, list_running, 0) of\n\
         true -> rabbit_nodes:list_running();\n\
         false -> rabbit_mnesia:cluster_nodes(running)\n\
         end,\n\
         [] = New -- Running,\n\
         [rabbit_quorum_queue:grow(Node, <<\".*\">>, <<\".*\">>, {strategy}) || Node <- New].\n",
        nodes.join(", ")
    )
}

/// Erlang that takes the replicas of quorum queues from a node.
fn shrinking(number: u32) -> String {
    format!("rabbit_quorum_queue:shrink_all('{}').\n", name(number))
}

/// A text as Erlang's binary, by the numbers of its bytes.
fn binary(text: &str) -> String {
    let bytes: Vec<_> = text.bytes().map(|byte| byte.to_string()).collect();
    format!("<<{}>>", bytes.join(","))
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::super::relations::trial::{fresh, seen};
    use super::*;

    #[test]
    fn texts_of_others_are_no_code() {
        let request = Request { username: "a\">>, halt().".to_owned(), vhost: "/".to_owned() };
        let text = creation(&request, &"p".into());
        assert!(
            !text.contains("halt") && text.contains("Vhost = <<47>>") && text.contains("Password = <<112>>"),
            "{text}"
        );
        assert_eq!(removal("ab"), "rabbit_auth_backend_internal:delete_user(<<97,98>>, <<\"webcharm\">>).\n");
    }

    #[test]
    fn quorum_queues_have_up_to_three_replicas_and_then_an_odd_number() {
        let text = growth(&[1, 2], 3);
        assert!(text.starts_with("New = ['webcharm-1@localhost', 'webcharm-2@localhost'],\n"), "{text}");
        assert!(text.contains(", all)") && growth(&[3], 4).contains(", even)"));
    }

    #[test]
    fn each_unit_publishes_its_host_and_the_leader_the_service_and_the_password() {
        let ui = Ui::new(Arc::default(), Path::new("/nowhere"));
        let dir = "/nowhere/rabbitmq".into();
        let host = Host { provider: &RABBITMQ, dir, model: "m", number: 5, moves: 0, network: 0, ui: &ui };
        let request = Request { username: "shop".to_owned(), vhost: "/".to_owned() };
        let relation = fresh(RABBITMQ.app, &[1, 0, 10], &[("username", "shop"), ("vhost", "/")]);
        let answer = |number: u32, view: &View| Ok(Some(published(number, view, "p".into(), &host)));
        let view = seen(&relation, &answers_of_units(std::slice::from_ref(&relation), answer));
        let broker = rabbitmq::read(&view, &request).ready().cloned().unwrap();
        assert_eq!(broker.host, "rabbitmq-k8s-endpoints.m.svc.cluster.local");
        let unit = |number| format!("rabbitmq-k8s-{number}.rabbitmq-k8s-endpoints.m.svc.cluster.local");
        assert_eq!((broker.hosts, broker.password), ([0, 1, 10].map(unit).to_vec(), "p".into()));
    }
}
