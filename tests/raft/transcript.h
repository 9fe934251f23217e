// Plays a transcript (tests/scenarios/*.txt) on a Cluster and gives back the same text with what really
// happened.
//
// A transcript is prose: lines that begin with "> " are commands, the indented lines after one are its
// effects, everything else is for the reader. Commands:
//
//   nodes n1 n2 n3 [learners n4]       a new cluster
//   preset n1 log 1 1 2 term 3 [vote n2] [commit 1]
//                                      durable state: terms of the entries; before its first event
//   option n1 NAME VALUE               tail_bytes_max, window_messages, append_bytes_max,
//                                      uncommitted_bytes_max, incarnation; at a restart
//   timeout n1 | tick n1 [TIMES]
//   propose n1 TEXT | read n1 ID | transfer n1 [n2] | unreachable n1 n2
//   persist n1 [one] | load n1 | crash n1 | restart n1 | apply n1 INDEX | fail n1
//   deliver n1 n2 [KIND] | drop n1 n2 [KIND] | settle | elect n1 | isolate n1 | heal
//   inject n1 n2 term N BODY           a message as n1 would send it: heartbeat [commit N]
//                                      | append prev I/T commit N [I/T ...] | reply match N
//                                      | refusal prev I/T; after it: cluster other, incarnation N, epoch N
//   token n1 N                         the disk reports token N
//   show n1
//   briefly COMMAND                    without messages and disk
//   quietly COMMAND                    without effects
#pragma once

#include <string>

namespace anta::raft::test {

// The transcript with its effects replaced by the actual ones. An unknown command becomes an effect that says
// so.
std::string play_transcript(const std::string& text);

}  // namespace anta::raft::test
