// The known word that a misspelt one was probably meant to be: for "did you mean" in error messages.
//
// Used by the genesis and the views for unknown names, and by the programs for unknown commands. Pure, any
// thread. Distance: Damerau-Levenshtein with adjacent transpositions (Damerau 1964), bounded in length.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace anta {

// The nearest of `known` within a third of the word's length (at least one edit), the first of equals; none
// if nothing is near.
std::optional<std::string_view> nearest_word(std::string_view word, std::span<const std::string_view> known);

// `; did you mean "x"?`, or nothing. Appended to a message.
std::string suggestion(std::string_view word, std::span<const std::string_view> known);

}  // namespace anta
