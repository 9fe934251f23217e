#include "node/views/yaml_tree.h"

#include <yaml-cpp/anchor.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <optional>
#include <set>
#include <sstream>

#include "crypto/text.h"

namespace anta::views {
namespace {

// yaml-cpp takes quoted text without its closing quote for whole when the input ends; a document marker
// inside quotes it does refuse. So a document of our own follows every text, and must come out again.
constexpr std::string_view end_word = "end-of-text";
const std::string end_document = "---\n" + std::string(end_word) + "\n";

// Thrown out of yaml-cpp's event stream and caught in this file, nowhere else.
struct Refused {
  Error error = {};
};

Mark mark_of(const YAML::Mark& mark) {
  if (mark.line < 0) return {};
  return {static_cast<std::size_t>(mark.line) + 1, static_cast<std::size_t>(mark.column) + 1};
}

// Builds the tree from events, so that nothing is resolved, shared or typed before it is checked.
class YamlBuilder final : public YAML::EventHandler {
 public:
  std::vector<TreeNode> documents = {};

  void OnDocumentStart(const YAML::Mark&) override { stack_.clear(); }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_anchor(mark, anchor);
    TreeNode node;
    node.mark = mark_of(mark);
    place(std::move(node));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    refuse(mark, "view.alias", "aliases are not taken");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_anchor(mark, anchor);
    if (!tag.empty() && tag != "?" && tag != "!") refuse(mark, "view.tag", "tags are not taken");
    TreeNode node;
    node.kind = tag == "!" ? TreeNode::Kind::text : TreeNode::Kind::plain;
    node.scalar = value;
    node.mark = mark_of(mark);
    place(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, TreeNode::Kind::list);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, TreeNode::Kind::map);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    TreeNode node = {};
    std::optional<TreeEntry> entry = {};  // a key that waits for its value
    std::set<std::string> keys = {};
  };

  [[noreturn]] static void refuse(const YAML::Mark& mark, const char* rule, const std::string& message) {
    throw Refused{refuse_at(mark_of(mark), rule, message).value()};
  }
  static void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor != 0) refuse(mark, "view.anchor", "anchors are not taken");
  }

  void count(Mark mark) {
    if (++nodes_ > nodes_max) {
      throw Refused{
          refuse_at(mark, "view.too_many", "more than " + std::to_string(nodes_max) + " values").value()};
    }
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, TreeNode::Kind kind) {
    refuse_anchor(mark, anchor);
    if (!tag.empty() && tag != "?" && tag != "!") refuse(mark, "view.tag", "tags are not taken");
    if (stack_.size() >= depth_max)
      refuse(mark, "view.depth", "nested deeper than " + std::to_string(depth_max));
    if (!stack_.empty() && stack_.back().node.is_map() && !stack_.back().entry) {
      refuse(mark, "view.key", "a key is a word, not a list or a map");
    }
    Open next;
    next.node.kind = kind;
    next.node.mark = mark_of(mark);
    stack_.push_back(std::move(next));
  }

  void close() {
    TreeNode node = std::move(stack_.back().node);
    stack_.pop_back();
    place(std::move(node));
  }

  void place(TreeNode node) {
    count(node.mark);
    if (stack_.empty()) {
      documents.push_back(std::move(node));
      return;
    }
    Open& top = stack_.back();
    if (!top.node.is_map()) {
      top.node.items.push_back(std::move(node));
    } else if (top.entry) {
      top.entry->value = std::move(node);
      top.node.entries.push_back(std::move(*top.entry));
      top.entry.reset();
    } else {
      take_key(top, node);
    }
  }

  static void take_key(Open& top, const TreeNode& node) {
    if (node.kind != TreeNode::Kind::plain && node.kind != TreeNode::Kind::text) {
      throw Refused{refuse_at(node.mark, "view.key", "a key is a word").value()};
    }
    if (!top.keys.insert(node.scalar).second) {
      throw Refused{
          refuse_at(node.mark, "view.duplicate_key", "key \"" + node.scalar.substr(0, 64) + "\" stands twice")
              .value()};
    }
    top.entry = TreeEntry{node.scalar, node.mark, {}};
  }

  std::vector<Open> stack_ = {};
  std::size_t nodes_ = 0;
};

Result<void> check_text(std::string_view text) {
  if (text.size() > text_bytes_max) {
    return fail(Code::malformed, "view.too_large",
                "the text is larger than " + std::to_string(text_bytes_max) + " bytes");
  }
  if (!is_utf8(text)) return fail(Code::malformed, "view.utf8", "the text is not UTF-8");
  std::size_t line = 1;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') ++line;
    if (byte == 0x7f || (byte < 0x20 && c != '\n' && c != '\r' && c != '\t')) {
      return refuse_at({line, 0}, "view.control", "a control character");
    }
  }
  return {};
}

}  // namespace

Result<std::vector<TreeNode>> parse_yaml_documents(std::string_view text) {
  if (auto checked = check_text(text); !checked) return pass(checked);
  std::string with_end(text);
  if (!with_end.empty() && with_end.back() != '\n') with_end += '\n';
  with_end += end_document;
  try {
    std::istringstream stream{with_end};
    YAML::Parser parser(stream);
    YamlBuilder builder;
    while (parser.HandleNextDocument(builder)) {
    }
    const bool ended = !builder.documents.empty() && builder.documents.back().scalar == end_word;
    if (!ended) return fail(Code::malformed, "view.yaml", "the text ends inside a value");
    builder.documents.pop_back();
    return std::move(builder.documents);
  } catch (const Refused& refused) {
    return tl::unexpected<Error>(refused.error);
  } catch (const YAML::Exception& error) {
    return refuse_at(mark_of(error.mark), "view.yaml", error.msg);
  } catch (const std::exception& error) {
    return fail(Code::malformed, "view.yaml", error.what());
  }
}

Result<TreeNode> parse_yaml(std::string_view text) {
  auto documents = parse_yaml_documents(text);
  if (!documents) return pass(documents);
  if (documents->size() != 1) {
    return fail(Code::malformed, "view.documents",
                "one YAML document is due, not " + std::to_string(documents->size()));
  }
  return std::move(documents->front());
}

}  // namespace anta::views
