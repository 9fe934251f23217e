// What an operator watches, in Prometheus's text format (names anta_*).
//
// Counters and histograms are counted where things happen; gauges are read when somebody asks, through a
// source that the node gives. The only file that knows prometheus-cpp. Any thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace anta {

class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  void http_request(std::string_view route, unsigned status, double seconds);
  void statement_decided(bool accepted, std::string_view rule);  // the rule of a rejection
  void block_applied(std::size_t statements, double seconds);
  void checkpoint_finished(double seconds);  // since it was opened

  // Values at the moment of asking: {"anta_commit_index", 17}. A name that ends in _total is a counter; those
  // of one name, one for each peer, stand together.
  struct Sample {
    std::string name = {};
    double value = 0;
    std::string peer = {};  // a label; empty: none
  };
  using Source = std::function<std::vector<Sample>()>;
  void set_source(Source source);  // before the first text()

  // The exposition. Its type is text/plain; version=0.0.4.
  std::string text();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace anta
