"use strict";exports.id=330,exports.ids=[330],exports.modules={1330:((d,s,_)=>{_.d(s,{createLedger:()=>E.M5});var E=_(832),M=_(3330),D=_(2027),O=_(2363),P=_(4434)})};
