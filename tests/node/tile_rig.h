// A world's ledger behind the API, and a mirror that reads it as an auditor does, with files changed on the
// way.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "cli/mirror.h"
#include "crypto/tile.h"
#include "node/http_api.h"
#include "storage/ledger/bundle.h"
#include "tests/node/certificate_rig.h"
#include "tests/node/documented_answers.h"

namespace anta::test {

struct TileRig {
  explicit TileRig(World& world) : rig(world) {
    services.reader = [this] { return rig.ledger.ledger->reader(); };
    services.block = [this](LogIndex index) -> Result<std::shared_ptr<const Bytes>> {
      auto entry = rig.ledger.log->read_one(index);
      if (!entry) return pass(entry);
      return entry->payload;
    };
    services.finished = [this] {
      return cosigned ? std::make_shared<const FinishedCheckpoint>(rig.finished) : nullptr;
    };
    services.missing = [] { return std::vector<std::string>{"org2"}; };
    services.work = [](const QueryWorkers::Work& work) {
      work([] { return true; });
      return true;
    };
    api = std::make_unique<HttpApi>(services, metrics);
  }

  HttpResponse get(const std::string& target) {
    const auto parsed = parse_target(target);
    EXPECT_TRUE(parsed) << target;
    HttpResponse response{.status = 0};
    api->handle({.method = "GET", .path = parsed->path, .query = parsed->query},
                [&](HttpResponse r) { response = std::move(r); });
    expect_documented("GET", parsed->path, response.status);
    return response;
  }
  std::uint64_t size() const { return rig.finished.checkpoint.size; }

  CertificateRig rig;
  bool cosigned = true;
  Metrics metrics = {};
  ApiServices services = {};
  std::unique_ptr<HttpApi> api = {};
};

// What is changed is shared by a mirror and those that it makes; one test fills it before reading.
struct Tampering {
  std::map<std::string, Bytes> files = {};
  std::set<std::string> gone = {};
};

// All files of the rig, read once: safe to share between an audit's threads.
class RigMirror final : public Mirror {
 public:
  using Files = std::map<std::string, Bytes>;

  RigMirror(std::shared_ptr<const Files> files, const Tampering& tampering)
      : files_(std::move(files)), tampering_(tampering) {}

  Result<Bytes> read(const std::string& path, std::size_t bytes_max) override {
    const auto changed = tampering_.files.find(path);
    const auto found = files_->find(path);
    if (tampering_.gone.contains(path) || (changed == tampering_.files.end() && found == files_->end()))
      return fail(Code::not_found, "audit.missing", path + " is not there");
    const Bytes& bytes = changed != tampering_.files.end() ? changed->second : found->second;
    if (bytes.size() > bytes_max) return fail(Code::malformed, "audit.too_large", path + " is too large");
    return bytes;
  }
  std::unique_ptr<Mirror> another() const override { return std::make_unique<RigMirror>(files_, tampering_); }

 private:
  std::shared_ptr<const Files> files_;
  const Tampering& tampering_;
};

// Everything that the node gives out for its checkpoint.
inline std::shared_ptr<const RigMirror::Files> all_files(TileRig& rig) {
  auto files = std::make_shared<RigMirror::Files>();
  const auto take = [&](const std::string& path) -> Bytes& {
    const HttpResponse response = rig.get("/" + path);
    EXPECT_EQ(response.status, 200u) << path << ": " << response.body;
    return (*files)[path] = response.file ? *response.file : to_bytes(as_bytes(response.body));
  };
  for (unsigned level = 0; level < tile_levels; ++level) {
    for (std::uint64_t i = 0; const unsigned width = tile_hashes(rig.size(), level, i); ++i) {
      take(tile_path(level, {i, width}));
      if (level > 0) continue;
      take(entries_path({i, width}));
      const auto bodies = decode_bundle(take(bodies_path({i, width})), width);
      EXPECT_TRUE(bodies);
      for (unsigned at = 0; bodies && at < width; ++at) {
        const LeafIndex leaf{i * tile_width + at};
        if ((*bodies)[at].kind != BodyKind::seal) continue;
        take(seal_path(leaf));
        if ((*bodies)[at].rejected > 0) take(rejected_path(leaf));
      }
    }
  }
  take("checkpoint");
  return files;
}

}  // namespace anta::test
