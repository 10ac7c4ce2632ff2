"use strict";exports.id=843,exports.ids=[843],exports.modules={5843:((D,E,_)=>{_.d(E,{SocksProxyAgent:()=>s.x3});var s=_(1099),P=_(2098),d=_(3332),M=_(4139),O=_(1548),a=_(4434);(0,s.UD)()})};
