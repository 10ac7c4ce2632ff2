"use strict";exports.id=770,exports.ids=[770],exports.modules={7770:((e,E,_)=>{var s=_(1548),a=_(4434),d=(0,s.R)()})};
