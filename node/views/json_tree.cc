#include "node/views/json_tree.h"

#include <nlohmann/json.hpp>
#include <set>

#include "crypto/text.h"

namespace anta::views {
namespace {

// nlohmann's SAX reader into a tree: nothing is kept that was not checked.
class JsonBuilder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  TreeNode root = {};
  std::optional<Error> error = {};

  bool null() override { return place({}); }
  bool boolean(bool value) override { return scalar(TreeNode::Kind::boolean, value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override {
    return scalar(TreeNode::Kind::integer, std::to_string(value));
  }
  bool number_unsigned(number_unsigned_t value) override {
    if (value > static_cast<number_unsigned_t>(INT64_MAX))
      return refuse("view.number", "a number is beyond 64 bits with sign");
    return scalar(TreeNode::Kind::integer, std::to_string(value));
  }
  bool number_float(number_float_t, const string_t& text) override {
    return refuse("view.number", "\"" + text.substr(0, 40) + "\" is no whole number of 64 bits");
  }
  bool string(string_t& value) override { return scalar(TreeNode::Kind::text, std::move(value)); }
  bool binary(binary_t&) override { return refuse("view.kind", "no bytes in JSON"); }
  bool start_object(std::size_t) override { return open(TreeNode::Kind::map); }
  bool key(string_t& value) override {
    if (!stack_.back().keys.insert(value).second) {
      return refuse("view.duplicate_key", "key \"" + value.substr(0, 64) + "\" stands twice");
    }
    stack_.back().key = std::move(value);
    return true;
  }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(TreeNode::Kind::list); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& cause) override {
    return refuse("view.json", "at byte " + std::to_string(position) + ": " + cause.what());
  }

 private:
  struct Open {
    TreeNode node = {};
    std::string key = {};
    std::set<std::string> keys = {};
  };

  bool refuse(std::string rule, std::string message) {
    if (!error) error = Error{Code::malformed, std::move(rule), std::move(message)};
    return false;
  }
  bool scalar(TreeNode::Kind kind, std::string text) {
    TreeNode node;
    node.kind = kind;
    node.scalar = std::move(text);
    return place(std::move(node));
  }
  bool open(TreeNode::Kind kind) {
    if (stack_.size() >= depth_max)
      return refuse("view.depth", "nested deeper than " + std::to_string(depth_max));
    Open next;
    next.node.kind = kind;
    stack_.push_back(std::move(next));
    return true;
  }
  bool close() {
    TreeNode node = std::move(stack_.back().node);
    stack_.pop_back();
    return place(std::move(node));
  }
  bool place(TreeNode node) {
    if (++nodes_ > nodes_max)
      return refuse("view.too_many", "more than " + std::to_string(nodes_max) + " values");
    if (stack_.empty()) {
      root = std::move(node);
    } else if (stack_.back().node.is_map()) {
      stack_.back().node.entries.push_back({stack_.back().key, {}, std::move(node)});
    } else {
      stack_.back().node.items.push_back(std::move(node));
    }
    return true;
  }

  std::vector<Open> stack_ = {};
  std::size_t nodes_ = 0;
};

}  // namespace

Result<TreeNode> parse_json(std::string_view text) {
  if (text.size() > text_bytes_max) {
    return fail(Code::malformed, "view.too_large",
                "the text is larger than " + std::to_string(text_bytes_max) + " bytes");
  }
  if (!is_utf8(text)) return fail(Code::malformed, "view.utf8", "the text is not UTF-8");
  JsonBuilder builder;
  const bool read = nlohmann::json::sax_parse(text.begin(), text.end(), &builder);
  if (builder.error) return tl::unexpected<Error>(*builder.error);
  if (!read) return fail(Code::malformed, "view.json", "the text is not JSON");
  return std::move(builder.root);
}

}  // namespace anta::views
