"""A node whose disk and secret are gone for good comes back as another incarnation of itself, by vote of the other organisations."""
import json
import os
import shutil
import subprocess

import network as net


class Replacement:
    """What the operators do, by hand, with the tools that they have. `until`: waits for a condition, with a deadline."""

    def __init__(self, cluster, victim, until):
        self.cluster, self.victim, self.until = cluster, victim, until
        self.others = [node for node in cluster.nodes if node is not victim]
        self.urls = ",".join(node.url for node in self.others)

    def anta(self, *arguments):
        """The command's answer as JSON; asked again where the network could not decide yet (6)."""
        answered = []

        def decided():
            answered[:] = net.anta(*arguments, "--node", self.urls, "--output", "json", cwd=self.cluster.home)
            return answered[0] != 6
        self.until(decided, " ".join(arguments))
        if answered[0] != 0:
            raise AssertionError((arguments, answered))
        return json.loads(answered[1])

    def signed(self, node):
        """The organisation that runs the node; nodes and organisations of this network have the same names."""
        return "--as", node.name, "--key", os.path.join(self.cluster.keys(), node.name + ".key")

    def decide(self, *change):
        proposal = self.anta("network", "node", *change, *self.signed(self.others[0]))["proposal"]
        more = len(self.cluster.nodes) // 2  # beside the proposer's: with it, more than half
        told = [self.anta("network", "vote", proposal, "--approve", *self.signed(node))["status"] for node in self.others[1:1 + more]]
        assert told == ["open"] * (more - 1) + ["approved"], told

    def nodes(self):
        return self.anta("network", "node", "list")

    def forget(self):
        """Nothing is left of the node but its place and its configuration."""
        for name in os.listdir(self.victim.directory):
            path = os.path.join(self.victim.directory, name)
            if name in ("data", "node.seed"):
                shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)
        with open(os.path.join(self.victim.directory, "keys.yaml"), "wb") as file:
            made = subprocess.run([net.ANTAD, "--init", self.victim.directory], capture_output=True, timeout=net.DEADLINE, check=True)
            file.write(made.stdout)

    def perform(self):
        victim = self.victim
        self.forget()
        known = {node["id"]: node for node in self.nodes()["nodes"]}[victim.name]
        self.decide("add", victim.name, "--organisation", victim.name, "--address", known["address"], "--keys", os.path.join(victim.directory, "keys.yaml"))
        listed = self.nodes()
        incarnation = {node["id"]: node for node in listed["nodes"]}[victim.name]["incarnation"]
        assert incarnation == known["incarnation"] + 1, (known, listed)
        with open(os.path.join(victim.directory, "members.json"), "w", encoding="utf-8") as file:
            json.dump(listed, file)
        self.configure(incarnation)
        victim.start()
        self.until(victim.is_ready, "the new incarnation has caught up")
        self.decide("promote", victim.name)
        self.until(lambda: all(self.votes(node) for node in self.cluster.nodes), "all know that it votes")

    def configure(self, incarnation):
        path = os.path.join(self.victim.directory, "node.yaml")
        with open(path, encoding="utf-8") as file:
            lines = [line for line in file if not line.startswith(("incarnation:", "members:"))]
        with open(path, "w", encoding="utf-8") as file:
            file.writelines([*lines, f"incarnation: {incarnation}\n", "members: members.json\n"])
        self.victim.incarnation = incarnation

    def votes(self, node):
        status = node.json("/v1/status")
        now = status and status["configuration"]
        return now and now["committed"] and not now["outgoing"] and self.victim.name in now["voters"]
