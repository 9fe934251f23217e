#include "node/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <map>
#include <tuple>

#include "crypto/guarded.h"
#include "node/metric_help.h"

namespace anta {
namespace {

const prometheus::Histogram::BucketBoundaries seconds_buckets = {
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0};
const prometheus::Histogram::BucketBoundaries size_buckets = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024};

// A family of counters or histograms under its name and help.
auto& family(prometheus::Registry& registry, auto builder, const std::string& name) {
  return builder.Name(name).Help(std::string(metric_help(name))).Register(registry);
}

prometheus::Histogram& histogram(prometheus::Registry& registry, const std::string& name,
                                 const prometheus::Histogram::BucketBoundaries& buckets) {
  return family(registry, prometheus::BuildHistogram(), name).Add({}, buckets);
}

}  // namespace

struct Metrics::Parts {
  // What one route's answers of one status count in: looked up once, since the library makes a histogram for
  // each time that it is asked for one.
  struct Answers {
    prometheus::Counter* count = nullptr;
    prometheus::Histogram* seconds = nullptr;
  };
  using AnswersOf = std::pair<std::string, unsigned>;
  struct Before {
    using is_transparent = void;
    template <typename A, typename B>
    bool operator()(const A& a, const B& b) const {
      return std::tuple<std::string_view, unsigned>(a.first, a.second) <
             std::tuple<std::string_view, unsigned>(b.first, b.second);
    }
  };

  Answers answers_of(std::string_view route, unsigned status);

  prometheus::Registry registry{prometheus::Registry::InsertBehavior::Merge};
  prometheus::Family<prometheus::Counter>& requests =
      family(registry, prometheus::BuildCounter(), "anta_http_requests_total");
  prometheus::Family<prometheus::Histogram>& request_seconds =
      family(registry, prometheus::BuildHistogram(), "anta_http_request_seconds");
  prometheus::Family<prometheus::Counter>& decided =
      family(registry, prometheus::BuildCounter(), "anta_statements_decided_total");
  prometheus::Histogram& apply_seconds = histogram(registry, "anta_apply_seconds", seconds_buckets);
  prometheus::Histogram& block_statements = histogram(registry, "anta_block_statements", size_buckets);
  prometheus::Histogram& checkpoint_seconds = histogram(registry, "anta_checkpoint_seconds", seconds_buckets);
  Mutex mutex;
  std::map<AnswersOf, Answers, Before> answers ANTA_GUARDED_BY(mutex) = {};
  Source source = {};
};

Metrics::Parts::Answers Metrics::Parts::answers_of(std::string_view route, unsigned status) {
  const Lock lock(mutex);
  if (const auto known = answers.find(std::pair(route, status)); known != answers.end()) return known->second;
  const std::string name(route);
  return answers
      .emplace(AnswersOf(name, status),
               Answers{&requests.Add({{"route", name}, {"status", std::to_string(status)}}),
                       &request_seconds.Add({{"route", name}}, seconds_buckets)})
      .first->second;
}

Metrics::Metrics() : parts_(std::make_unique<Parts>()) {}
Metrics::~Metrics() = default;

void Metrics::http_request(std::string_view route, unsigned status, double seconds) {
  const Parts::Answers answers = parts_->answers_of(route, status);
  answers.count->Increment();
  answers.seconds->Observe(seconds);
}

void Metrics::statement_decided(bool accepted, std::string_view rule) {
  parts_->decided.Add({{"outcome", accepted ? "accepted" : "rejected"}, {"rule", std::string(rule)}})
      .Increment();
}

void Metrics::block_applied(std::size_t statements, double seconds) {
  parts_->apply_seconds.Observe(seconds);
  parts_->block_statements.Observe(static_cast<double>(statements));
}

void Metrics::checkpoint_finished(double seconds) { parts_->checkpoint_seconds.Observe(seconds); }

void Metrics::set_source(Source source) { parts_->source = std::move(source); }

std::string Metrics::text() {
  std::vector<prometheus::MetricFamily> families = parts_->registry.Collect();
  if (parts_->source) {
    for (const Sample& sample : parts_->source()) {
      const bool counter = sample.name.ends_with("_total");
      if (families.empty() || families.back().name != sample.name) {
        families.emplace_back();
        families.back().name = sample.name;
        families.back().help = metric_help(sample.name);
        families.back().type = counter ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
      }
      prometheus::ClientMetric metric;
      (counter ? metric.counter.value : metric.gauge.value) = sample.value;
      if (!sample.peer.empty()) metric.label.push_back({.name = "peer", .value = sample.peer});
      families.back().metric.push_back(std::move(metric));
    }
  }
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace anta
