#include "cli/mirror.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "cli/answer.h"
#include "cli/http_client.h"

namespace anta {
namespace {

constexpr int tries_max = 20;  // of a node that says busy
constexpr auto busy_pause = std::chrono::milliseconds(500);
constexpr std::size_t problem_bytes_max = std::size_t{64} << 10;  // of an answer that is not the file
constexpr std::size_t entry_bytes = 2 + Digest::size;

tl::unexpected<Error> missing(const std::string& what) {
  return fail(Code::not_found, "audit.missing", what + " is not there");
}

tl::unexpected<Error> too_large(const std::string& what) {
  return fail(Code::malformed, "audit.too_large", what + " is larger than such a file may be");
}

// Nothing was read: whatever the status says of the request, it says nothing of the ledger, and the words
// that an audit finds by are not the server's to use.
Error not_given(Error error) {
  if (error.rule.starts_with("audit.") || error.rule.starts_with("tls.")) error.rule = "answer";
  if (!is_of_the_address(error)) error.code = Code::uncertain;
  return error;
}

class UrlMirror final : public Mirror {
 public:
  UrlMirror(std::string url, std::string authorities)
      : url_(std::move(url)), authorities_(std::move(authorities)), client_({url_}, authorities_) {}

  Result<Bytes> read(const std::string& path, std::size_t bytes_max) override {
    const std::size_t answer_max = std::max(bytes_max, problem_bytes_max);
    Result<HttpAnswer> answer = client_.get("/" + path, "*/*", answer_max);
    for (int tries = 1; tries < tries_max && answer && (answer->status == 429 || answer->status == 503);
         ++tries) {
      std::this_thread::sleep_for(busy_pause);
      answer = client_.get("/" + path, "*/*", answer_max);
    }
    if (!answer && answer.error().rule == "answer_too_large") return too_large(url_ + "/" + path);
    if (!answer) return pass(answer);
    // 403 is what a store says of an object that it does not have, to whoever may not list it.
    if (answer->status == 403 || answer->status == 404 || answer->status == 410)
      return missing(url_ + "/" + path);
    if (answer->status != 200) return tl::unexpected<Error>(not_given(error_of(*answer)));
    if (answer->body.size() > bytes_max) return too_large(url_ + "/" + path);
    return std::move(answer->body);
  }
  std::unique_ptr<Mirror> another() const override { return std::make_unique<UrlMirror>(url_, authorities_); }

 private:
  std::string url_;
  std::string authorities_;
  HttpClient client_;
};

class DirectoryMirror final : public Mirror {
 public:
  explicit DirectoryMirror(std::string directory) : directory_(std::move(directory)) {}

  Result<Bytes> read(const std::string& path, std::size_t bytes_max) override {
    const std::filesystem::path file = std::filesystem::path(directory_) / path;
    std::error_code error;
    if (!std::filesystem::is_regular_file(file, error)) return missing(file.string());
    const std::uintmax_t size = std::filesystem::file_size(file, error);
    if (error) return fail(Code::io, "io", file.string() + ": " + error.message());
    if (size > bytes_max) return too_large(file.string());
    Bytes bytes(size);
    std::ifstream in(file, std::ios::binary);
    in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size));
    if (!in) return fail(Code::io, "io", file.string() + " cannot be read");
    return bytes;
  }
  std::unique_ptr<Mirror> another() const override { return std::make_unique<DirectoryMirror>(directory_); }

 private:
  std::string directory_;
};

}  // namespace

bool is_of_the_address(const Error& error) {
  return error.rule.starts_with("tls.") || error.rule == "http.tls_required";
}

Result<std::unique_ptr<Mirror>> open_mirror(const Invocation& invocation, const std::string& where) {
  if (where.starts_with("http://") || where.starts_with("https://")) {
    return std::make_unique<UrlMirror>(where, invocation.option("--ca").value_or(""));
  }
  std::error_code error;
  if (!std::filesystem::is_directory(where, error)) {
    return invocation.usage("'" + where + "' is neither a directory nor an http:// or https:// address",
                            "'" + where + "' no es un directorio ni una dirección http:// o https://");
  }
  return open_directory(where);
}

std::unique_ptr<Mirror> open_directory(std::string directory) {
  return std::make_unique<DirectoryMirror>(std::move(directory));
}

Result<Placed> read_place(Mirror& mirror, const std::function<std::string(const TilePlace&)>& path,
                          const TilePlace& place, std::size_t bytes_max) {
  auto bytes = mirror.read(path(place), bytes_max);
  if (bytes) return Placed{std::move(*bytes), place.width};
  if (place.width == tile_width || bytes.error().rule != "audit.missing") return pass(bytes);
  auto full = mirror.read(path({place.index, tile_width}), bytes_max);
  if (!full) return pass(bytes);
  return Placed{std::move(*full), tile_width};
}

Result<std::vector<Digest>> read_tile(Mirror& mirror, unsigned level, const TilePlace& place) {
  const auto path = [level](const TilePlace& at) { return tile_path(level, at); };
  const auto file = read_place(mirror, path, place, tile_width * Digest::size);
  if (!file) return pass(file);
  auto hashes = decode_tile(file->bytes, file->width);
  if (!hashes) return fail(Code::malformed, "audit.tile", path(place) + ": " + hashes.error().message);
  hashes->resize(place.width);
  return hashes;
}

Result<std::vector<Digest>> read_entries(Mirror& mirror, const TilePlace& place) {
  const auto file = read_place(mirror, entries_path, place, tile_width * entry_bytes);
  if (!file) return pass(file);
  auto entries = decode_entries(file->bytes, file->width);
  if (!entries)
    return fail(Code::malformed, "audit.entries", entries_path(place) + ": " + entries.error().message);
  entries->resize(place.width);
  return entries;
}

}  // namespace anta
