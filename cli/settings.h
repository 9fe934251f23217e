// The settings file of `anta`: option names without dashes, under flags and environment in rank.
//
// `language` (en, es) holds where neither --language nor ANTA_LANG says otherwise.
// $ANTA_CONFIG, else $XDG_CONFIG_HOME/anta/config.yaml, else ~/.config/anta/config.yaml. No file: no
// settings. An unknown key is an error with its line.
#pragma once

#include <map>
#include <string>

#include "crypto/error.h"

namespace anta {

Result<std::map<std::string, std::string>> read_settings();

}  // namespace anta
